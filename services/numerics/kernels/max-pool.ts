import { BACKEND, intAttribute, runOp, stringAttribute, tf, typeOf } from '../backend.ts';

const KERNEL = 'WinnowMaxPool';

/** Side of the squares, and distance between them. */
const SIDE = 2;

function attributes(x: tf.TensorInfo) {
  const window = [1, SIDE, SIDE, 1];
  return [
    typeOf('T', x),
    intAttribute('ksize', window),
    intAttribute('strides', window),
    stringAttribute('padding', 'VALID'),
    stringAttribute('data_format', 'NHWC'),
  ];
}

tf.registerKernel({
  kernelName: KERNEL,
  backendName: BACKEND,
  kernelFunc: ({ inputs }) => runOp('MaxPool', attributes(inputs.x as tf.TensorInfo), [inputs.x as tf.TensorInfo]),
});

tf.registerGradient({
  kernelName: KERNEL,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, [x, y]) => ({ x: () => runOp('MaxPoolGrad', attributes(x), [x, y, dy as tf.Tensor]) }),
});

/** The greatest of each 2 x 2 pixels of x [N,H,W,C]; a last odd row or column is left out. */
export function maxPool(x: tf.Tensor4D): tf.Tensor4D {
  return tf.engine().runKernel(KERNEL, { x }) as tf.Tensor4D;
}
