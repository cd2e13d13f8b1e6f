import { BACKEND, boolAttribute, isBfloat16, runOp, tf, typeAttribute, typeOf } from '../backend.ts';
import type { NetworkPrecision } from '../precision.ts';

const KERNEL = 'WinnowCast';

function cast(x: tf.TensorInfo, to: NetworkPrecision): tf.Tensor {
  const type = typeAttribute('DstT', to === 'bf16' ? 'bfloat16' : 'float32');
  return runOp('Cast', [typeOf('SrcT', x), type, boolAttribute('Truncate', false)], [x]);
}

tf.registerKernel({
  kernelName: KERNEL,
  backendName: BACKEND,
  kernelFunc: ({ inputs, attrs }) => cast(inputs.x as tf.TensorInfo, attrs!.to as NetworkPrecision),
});

tf.registerGradient({
  kernelName: KERNEL,
  gradFunc: (dy, _, attrs) => ({ x: () => cast(dy as tf.Tensor, attrs.to === 'bf16' ? 'f32' : 'bf16') }),
});

/** x in another arithmetic, rounded to the nearest; x itself where it has it already. */
export function castTo<T extends tf.Tensor>(x: T, to: NetworkPrecision): T {
  if (isBfloat16(x) === (to === 'bf16')) return x;
  return tf.engine().runKernel(KERNEL, { x }, { to }) as T;
}
