import { BACKEND, runOp, stringAttribute, tf, typeAttribute } from '../backend.ts';

const KERNEL = 'WinnowBiasAdd';

function attributes() {
  return [typeAttribute('T'), stringAttribute('data_format', 'NHWC')];
}

tf.registerKernel({
  kernelName: KERNEL,
  backendName: BACKEND,
  kernelFunc: ({ inputs }) => runOp('BiasAdd', attributes(), [inputs.x as tf.TensorInfo, inputs.bias as tf.TensorInfo]),
});

tf.registerGradient({
  kernelName: KERNEL,
  gradFunc: (dy) => ({
    x: () => (dy as tf.Tensor).clone(),
    bias: () => runOp('BiasAddGrad', attributes(), [dy as tf.Tensor]),
  }),
});

/** Adds bias [C] along the last axis of x. */
export function biasAdd<T extends tf.Tensor>(x: T, bias: tf.Tensor): T {
  return tf.engine().runKernel(KERNEL, { x, bias }) as T;
}
