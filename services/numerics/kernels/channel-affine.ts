import { boolAttribute, floatAttribute, runOpMany, stringAttribute, tf, typeAttribute, typeOf } from '../backend.ts';
import { BATCH_NORM_EPSILON, type BatchNormState } from './batch-norm.ts';

/** x * scale + offset per channel, made ready for many passes: what batch normalisation is in evaluation. */
export interface ChannelAffine {
  readonly scale: tf.Tensor;
  readonly offset: tf.Tensor;
  /** Mean, variance and offset by which TensorFlow's normalisation does no more than scale. */
  readonly zero: tf.Tensor;
  readonly one: tf.Tensor;
}

/** scale / sqrt(var + eps) and offset - mean * scale / sqrt(var + eps) of a normalisation. New tensors [C]. */
export function affineOf({ scale, offset, mean, variance }: BatchNormState): { scale: tf.Tensor; offset: tf.Tensor } {
  const factor = tf.div(scale, tf.sqrt(tf.add(variance, BATCH_NORM_EPSILON)));
  return { scale: factor, offset: tf.sub(offset, tf.mul(mean, factor)) };
}

/** Makes a normalisation by its running statistics ready. Its tensors are new. */
export function freezeBatchNorm(state: BatchNormState): ChannelAffine {
  return { ...affineOf(state), zero: tf.zerosLike(state.mean), one: tf.onesLike(state.mean) };
}

/** TensorFlow's own normalisation with mean 0 and variance 1: its fastest operation on each channel apart. */
function scaleAndShift(x: tf.Tensor, { scale, zero, one }: ChannelAffine, offset: tf.Tensor): tf.Tensor {
  const attributes = [
    typeOf('T', x),
    typeAttribute('U'),
    floatAttribute('epsilon', 0),
    stringAttribute('data_format', 'NHWC'),
    boolAttribute('is_training', false),
  ];
  const [y, ...rest] = runOpMany('FusedBatchNormV3', attributes, [x, scale, offset, zero, one], 6);
  tf.dispose(rest);
  return y;
}

/** x [N,H,W,C] scaled and shifted per channel. Gradient flows to x alone. */
export function channelAffine(x: tf.Tensor4D, affine: ChannelAffine): tf.Tensor4D {
  return tf.customGrad((input) => ({
    value: scaleAndShift(input as tf.Tensor, affine, affine.offset),
    gradFunc: (dy: tf.Tensor) => scaleAndShift(dy, affine, affine.zero),
  }))(x) as tf.Tensor4D;
}
