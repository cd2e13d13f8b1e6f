import { BACKEND, runOp, tf } from '../backend.ts';
import { type ConvGeometry, convAttributes } from './conv-geometry.ts';
import { gradientFilters, inputGradient } from './conv-input-gradient.ts';

const KERNEL = 'WinnowConv2D';

function filterGradient(x: tf.Tensor, filter: tf.Tensor, upstream: tf.Tensor, geometry: ConvGeometry): tf.Tensor {
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
