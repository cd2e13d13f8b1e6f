import { BACKEND, runOp, tf, typeOf } from '../backend.ts';

/**
 * Replaces tfjs' addition, which takes every tensor for what it calls itself: sums of gradients, which its tape makes by
 * this kernel, may be in bfloat16. Imported for its effect.
 */
tf.unregisterKernel('Add', BACKEND);
tf.registerKernel({
  kernelName: 'Add',
  backendName: BACKEND,
  kernelFunc: ({ inputs }) => {
    const [a, b] = [inputs.a as tf.TensorInfo, inputs.b as tf.TensorInfo];
    return runOp('AddV2', [typeOf('T', a)], [a, b]);
  },
});

/** a + b of one shape, in their arithmetic. */
export function add<T extends tf.Tensor>(a: T, b: T): T {
  return tf.customGrad((x, y) => ({
    value: runOp('AddV2', [typeOf('T', a)], [x as tf.Tensor, y as tf.Tensor]),
    // tfjs' own gradient would reshape, and so copy it
    gradFunc: (dy: tf.Tensor) => [dy.clone(), dy.clone()],
  }))(a, b) as T;
}
