import { describe, it } from 'vitest';
import { ObjectiveKind } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { tf } from '../../services/numerics/backend.ts';
import { gramBlock, rankOneGradients } from '../../services/selection/gradients.ts';
import { expectClose, type GoldenSpec, golden, goldenBatch, goldenModel } from './golden.ts';

interface GramGolden {
  readonly spec: GoldenSpec;
  readonly examples: number;
  readonly radius: number;
  readonly grams: Record<string, number[]>;
}

const { spec, examples, radius, grams } = golden<GramGolden>('gram');

describe('the rank-one Gram matrix', () => {
  const model = goldenModel(spec);
  const { clean, moved, labels } = goldenBatch('gram', examples, spec, radius);
  const read = (images: tf.Tensor4D) => {
    const { logits, features } = model.forward(images, { training: false });
    return { logits: logits.dataSync() as Float32Array, features: features.dataSync() as Float32Array };
  };
  const ofClean = read(clean);
  const ofMoved = read(moved);
  const signals = {
    examples,
    classes: spec.classes,
    features: model.features,
    labels: Uint16Array.from(labels),
    cleanLogits: ofClean.logits,
    cleanFeatures: ofClean.features,
    adversarialLogits: ofMoved.logits,
    adversarialFeatures: ofMoved.features,
  };

  it.each(['AT', 'TRADES', 'MART'] as const)("is that of PyTorch's per-example gradients, for %s", async (name) => {
    const gradients = rankOneGradients(signals, { kind: ObjectiveKind[name], beta: 6, lambda: 5 });
    const gram = await gramBlock(
      gradients,
      Uint32Array.from({ length: examples }, (_, i) => i),
    );
    expectClose(gram, grams[name], 'Gram matrix');
  });
});
