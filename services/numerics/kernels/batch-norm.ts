import { BACKEND, boolAttribute, floatAttribute, runOpMany, stringAttribute, tf, typeAttribute } from '../backend.ts';

const KERNEL = 'WinnowBatchNorm';

/** Added to the variance before the root, PyTorch's default. */
export const BATCH_NORM_EPSILON = 1e-5;

interface BatchNormAttributes {
  readonly training: boolean;
}

function attributes(training: boolean) {
  return [
    typeAttribute('T'),
    typeAttribute('U'),
    floatAttribute('epsilon', BATCH_NORM_EPSILON),
    stringAttribute('data_format', 'NHWC'),
    boolAttribute('is_training', training),
  ];
}

tf.registerKernel({
  kernelName: KERNEL,
  backendName: BACKEND,
  kernelFunc: ({ inputs, attrs }) => {
    const { training } = attrs as unknown as BatchNormAttributes;
    const { x, scale, offset, mean, variance } = inputs as Record<string, tf.TensorInfo>;
    const statistics = training ? [tf.tensor1d([]), tf.tensor1d([])] : [mean, variance];
    return runOpMany('FusedBatchNormV3', attributes(training), [x, scale, offset, ...statistics], 6);
  },
});

tf.registerGradient({
  kernelName: KERNEL,
  inputsToSave: ['x', 'scale'],
  // y, batch mean, batch variance, then what TensorFlow's gradient wants back
  outputsToSave: [false, false, false, true, true, true],
  gradFunc: (dy, [x, scale, mean, variance, reserve], attrs) => {
    const { training } = attrs as unknown as BatchNormAttributes;
    const upstream = (dy as tf.Tensor[])[0];
    const inputs = [upstream, x, scale, mean, variance, reserve];
    const [dx, dScale, dOffset] = runOpMany('FusedBatchNormGradV3', attributes(training), inputs, 5);
    const none = () => tf.zerosLike(scale);
    return { x: () => dx, scale: () => dScale, offset: () => dOffset, mean: none, variance: none };
  },
});

/** Scale, offset and running statistics of one layer, each [C]. */
export interface BatchNormState {
  readonly scale: tf.Tensor;
  readonly offset: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** The normalised batch and, in training, the statistics it had (variance unbiased, as PyTorch keeps it). */
export interface BatchNormResult {
  readonly y: tf.Tensor4D;
  readonly batchMean: tf.Tensor;
  readonly batchVariance: tf.Tensor;
}

/** Batch normalisation of x [N,H,W,C] (Ioffe 2015): by its own statistics in training, by the running ones otherwise. */
export function batchNorm(x: tf.Tensor4D, state: BatchNormState, training: boolean): BatchNormResult {
  const attrs = { training } as unknown as tf.NamedAttrMap;
  const inputs = { x, ...state } as unknown as tf.NamedTensorMap;
  const [y, batchMean, batchVariance] = tf.engine().runKernel(KERNEL, inputs, attrs) as tf.Tensor[];
  return { y: y as tf.Tensor4D, batchMean, batchVariance };
}
