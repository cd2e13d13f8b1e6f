import { deviceInfo, runOp, stringAttribute, tf, typeOf } from '../backend.ts';
import { type ConvGeometry, convAttributes } from './conv-geometry.ts';

/** The kernel that a graph's optimiser puts in the place of Conv2D and BiasAdd on a CPU with oneDNN. */
const FUSED = '_MklNativeConv2DWithBias';

/** By this attribute TensorFlow finds a kernel of its own rewriting. */
const REWRITTEN = () => stringAttribute('_kernel', 'MklNameChangeOp');

function fused(x: tf.TensorInfo, filter: tf.TensorInfo, bias: tf.TensorInfo, geometry: ConvGeometry): tf.Tensor {
  return runOp(FUSED, [...convAttributes(x, geometry), REWRITTEN()], [x, filter, bias]);
}

function composed(x: tf.TensorInfo, filter: tf.TensorInfo, bias: tf.TensorInfo, geometry: ConvGeometry): tf.Tensor {
  const y = runOp('Conv2D', convAttributes(x, geometry), [x, filter]);
  const sum = runOp('BiasAdd', [typeOf('T', y), stringAttribute('data_format', 'NHWC')], [y, bias]);
  y.dispose();
  return sum;
}

let isFused: boolean | undefined;

/** Whether this TensorFlow has the fused kernel: builds without oneDNN and other processors' don't. Tried once. */
function hasFused(): boolean {
  if (deviceInfo().device !== 'cpu') return false;
  return tf.tidy(() => {
    try {
      fused(tf.ones([1, 1, 1, 1]), tf.ones([1, 1, 1, 1]), tf.ones([1]), { stride: 1, padding: 0 });
      return true;
    } catch {
      return false;
    }
  });
}

/** Convolution and bias [O] in one pass over the output where there is a kernel for it; nothing is recorded for gradients. */
export function convBias(
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  bias: tf.TensorInfo,
  geometry: ConvGeometry,
): tf.Tensor {
  isFused ??= hasFused();
  return (isFused ? fused : composed)(x, filter, bias, geometry);
}
