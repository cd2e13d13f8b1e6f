import type { ModelSpec } from '../../proto/gen/winnow/v1/model_pb.ts';
import { adoptWeights } from '../numerics/models/adopt-weights.ts';
import { architectureOf } from '../numerics/models/architecture-spec.ts';
import type { ImageShape } from '../numerics/models/backbone.ts';
import { createModel } from '../numerics/models/model.ts';
import { encodeSafetensors, safetensorsMetadata } from '../numerics/models/safetensors.ts';

/** Work 'adopt': a PyTorch model's file, to be stored as ours. */
export interface AdoptRequest {
  /** Resolved. */
  readonly model: ModelSpec;
  readonly classes: number;
  readonly image: ImageShape;
  /** One value per channel, or none. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly file: Uint8Array;
}

/**
 * The file as the store has files: float32 in the model's order, its metadata kept; one of ours comes out as it is.
 * INVALID_FIELD (model.architecture) for images that are too small, CORRUPT_CHECKPOINT naming the tensor.
 */
export async function adoptModel({ model: spec, classes, image, mean, std, file }: AdoptRequest): Promise<Uint8Array> {
  const none = new Array<number>(image.channels).fill(0);
  const normalisation = { mean: none, std: none };
  const model = createModel({ spec: architectureOf(spec), image, classes, normalisation, seed: 0n });
  try {
    const weights = adoptWeights(file, model.weights.shapes(), { mean, std });
    return encodeSafetensors(weights, { format: 'pt', ...safetensorsMetadata(file) });
  } finally {
    model.dispose();
  }
}
