import { runOp, tf } from '../backend.ts';
import type { NetworkPrecision } from '../precision.ts';
import { castTo } from './cast.ts';
import { convBias } from './conv-bias.ts';
import { type ConvGeometry, convAttributes } from './conv-geometry.ts';
import { type GradientFilters, gradientFilters, inputGradient } from './conv-input-gradient.ts';

/** A convolution whose weights stay as they are for many passes, made ready for them. */
export interface FrozenConv extends GradientFilters {
  readonly geometry: ConvGeometry;
  /** [k,k,C,O]. */
  readonly filter: tf.Tensor;
  /** [O]. */
  readonly bias?: tf.Tensor;
}

/** Makes a convolution ready in an arithmetic. Its tensors are new. */
export function freezeConv(
  filter: tf.Tensor,
  bias: tf.Tensor | undefined,
  geometry: ConvGeometry,
  precision: NetworkPrecision,
): FrozenConv {
  return {
    geometry,
    filter: castTo(filter.clone(), precision),
    ...(bias && { bias: castTo(bias.clone(), precision) }),
    ...gradientFilters(filter, geometry, precision),
  };
}

function convolve(x: tf.Tensor, { filter, bias, geometry }: FrozenConv): tf.Tensor {
  if (bias) return convBias(x, filter, bias, geometry);
  return runOp('Conv2D', convAttributes(x, geometry), [x, filter]);
}

/** Convolves x [N,H,W,C], which is in the frozen weights' arithmetic. Gradient flows to x alone. */
export function frozenConv2d(x: tf.Tensor4D, conv: FrozenConv): tf.Tensor4D {
  return tf.customGrad((input) => ({
    value: convolve(input as tf.Tensor, conv),
    gradFunc: (dy: tf.Tensor) => inputGradient(x.shape, conv, dy, conv.geometry),
  }))(x) as tf.Tensor4D;
}
