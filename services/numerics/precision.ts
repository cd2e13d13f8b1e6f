import { Precision } from '../../proto/gen/winnow/v1/model_pb.ts';

/** Arithmetic inside a network in evaluation mode: what convolutions and activations are held in. */
export type NetworkPrecision = 'f32' | 'bf16';

/** The arithmetic that a resolved Precision names, float32 where there is none. */
export function networkPrecision(precision?: Precision): NetworkPrecision {
  return precision === Precision.BF16 ? 'bf16' : 'f32';
}
