import { deviceInfo, runOp, tf } from '../backend.ts';
import type { NetworkPrecision } from '../precision.ts';
import { castTo } from './cast.ts';
import { type ConvGeometry, convAttributes } from './conv-geometry.ts';
import { convolvePhases, phaseFilter } from './phase-filter.ts';

/**
 * From this many input channels on, a CPU takes the input's gradient of a float32 convolution faster by a convolution
 * of its own (TensorFlow 2.21, oneDNN), as Conv2DBackpropInput blocks its work badly there: 1.2 to 8 times at stride 1,
 * 1.1 to 8 times at stride 2. In bfloat16 it has no fast kernel at all: up to 30 times.
 */
const LEAST_CHANNELS = { turned: 8, phases: 128 } as const;

/** What the input's gradient is a convolution with, where it is one. */
export interface GradientFilters {
  /** At stride 1: the filter turned by 180 degrees, channels swapped, [k,k,O,C]. */
  readonly turned?: tf.Tensor;
  /** At stride 2: see phaseFilter. */
  readonly phases?: tf.Tensor;
}

/** The filters for the gradient of a convolution's input, from its float32 filter [k,k,C,O]; new tensors. */
export function gradientFilters(
  filter: tf.Tensor,
  { stride, padding }: ConvGeometry,
  precision: NetworkPrecision,
): GradientFilters {
  const [height, width, inputs] = filter.shape;
  if (deviceInfo().device !== 'cpu') return {};
  const pays = (least: number) => precision === 'bf16' || inputs >= least;
  if (stride === 1 && height === width && padding < height && pays(LEAST_CHANNELS.turned)) {
    return { turned: castTo(turnFilter(filter), precision) };
  }
  if (stride === 2 && height === 3 && width === 3 && padding === 1 && pays(LEAST_CHANNELS.phases)) {
    return { phases: castTo(phaseFilter(filter), precision) };
  }
  return {};
}

function turnFilter(filter: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]));
}

/** The gradient of a convolution's input of shape `sizes`, by its filters and what comes from above. */
export function inputGradient(
  sizes: readonly number[],
  { filter, turned, phases }: GradientFilters & { readonly filter: tf.Tensor },
  upstream: tf.Tensor,
  geometry: ConvGeometry,
): tf.Tensor {
  if (turned) {
    const padding = turned.shape[0] - 1 - geometry.padding;
    return runOp('Conv2D', convAttributes(upstream, { stride: 1, padding }), [upstream, turned]);
  }
  // an odd side has one more pixel of the first phase than of the second
  if (phases && sizes[1] % 2 === 0 && sizes[2] % 2 === 0) return convolvePhases(upstream, phases);
  const shape = tf.tensor1d([...sizes], 'int32');
  const gradient = runOp('Conv2DBackpropInput', convAttributes(upstream, geometry), [shape, filter, upstream]);
  shape.dispose();
  return gradient;
}
