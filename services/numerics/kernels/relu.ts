import { BACKEND, runOp, tf, typeOf } from '../backend.ts';

const KERNEL = 'WinnowRelu';

tf.registerKernel({
  kernelName: KERNEL,
  backendName: BACKEND,
  kernelFunc: ({ inputs }) => runOp('Relu', [typeOf('T', inputs.x as tf.TensorInfo)], [inputs.x as tf.TensorInfo]),
});

// one operation, where tfjs' own gradient of ReLU takes five
tf.registerGradient({
  kernelName: KERNEL,
  outputsToSave: [true],
  gradFunc: (dy, [y]) => ({ x: () => runOp('ReluGrad', [typeOf('T', y)], [dy as tf.Tensor, y]) }),
});

/** max(x, 0). */
export function relu<T extends tf.Tensor>(x: T): T {
  return tf.engine().runKernel(KERNEL, { x }) as T;
}
