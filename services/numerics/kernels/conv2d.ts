import { BACKEND, runOp, tf } from '../backend.ts';
import { type ConvGeometry, convAttributes } from './conv-geometry.ts';
import { gradientFilters, inputGradient } from './conv-input-gradient.ts';

const KERNEL = 'WinnowConv2D';

/** The gradient of a 1 x 1 filter without padding: a matrix product of the pixels that it sees with what comes from above. */
function pointwiseGradient(x: tf.Tensor, filter: tf.Tensor, upstream: tf.Tensor, stride: number): tf.Tensor {
  return tf.tidy(() => {
    const [, , inputs, outputs] = filter.shape;
    const seen = tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, stride, stride, 1]);
    const pixels = tf.reshape(seen, [-1, inputs]) as tf.Tensor2D;
    const above = tf.reshape(upstream, [-1, outputs]) as tf.Tensor2D;
    return tf.reshape(tf.matMul(pixels, above, true), filter.shape);
  });
}

function filterGradient(x: tf.Tensor, filter: tf.Tensor, upstream: tf.Tensor, geometry: ConvGeometry): tf.Tensor {
  const { stride, padding } = geometry;
  // With more than one thread, oneDNN writes beyond its buffers for a 1 x 1 filter with a stride (TensorFlow 2.21, AVX-512).
  if (stride > 1 && padding === 0 && filter.shape[0] === 1 && filter.shape[1] === 1) {
    return pointwiseGradient(x, filter, upstream, stride);
  }
  const shape = tf.tensor1d([...filter.shape], 'int32');
  const gradient = runOp('Conv2DBackpropFilter', convAttributes(x, geometry), [x, shape, upstream]);
  shape.dispose();
  return gradient;
}

tf.registerKernel({
  kernelName: KERNEL,
  backendName: BACKEND,
  kernelFunc: ({ inputs, attrs }) => {
    const { x, filter } = inputs as Record<string, tf.TensorInfo>;
    return runOp('Conv2D', convAttributes(x, attrs as unknown as ConvGeometry), [x, filter]);
  },
});

tf.registerGradient({
  kernelName: KERNEL,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, [x, filter], attrs) => {
    const geometry = attrs as unknown as ConvGeometry;
    const filters = () => ({ filter, ...gradientFilters(filter, geometry, 'f32') });
    return {
      x: () => tf.tidy(() => inputGradient(x.shape, filters(), dy as tf.Tensor, geometry)),
      filter: () => filterGradient(x, filter, dy as tf.Tensor, geometry),
    };
  },
});

/** Convolves x [N,H,W,C] with filter [kh,kw,C,O], zero padding on all sides alike. */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor, geometry: ConvGeometry): tf.Tensor4D {
  const attrs = geometry as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel(KERNEL, { x, filter }, attrs) as tf.Tensor4D;
}
