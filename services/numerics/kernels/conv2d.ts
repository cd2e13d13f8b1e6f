import {
  BACKEND,
  boolAttribute,
  deviceInfo,
  intAttribute,
  type OpAttribute,
  runOp,
  stringAttribute,
  tf,
  typeAttribute,
} from '../backend.ts';

const KERNEL = 'WinnowConv2D';

/** Stride and symmetric zero padding in pixels, the same in both directions, as PyTorch counts them. */
export interface ConvGeometry {
  readonly stride: number;
  readonly padding: number;
}

function attributes({ stride, padding }: ConvGeometry): OpAttribute[] {
  const common = [
    typeAttribute('T'),
    intAttribute('strides', [1, stride, stride, 1]),
    stringAttribute('data_format', 'NHWC'),
    boolAttribute('use_cudnn_on_gpu', true),
    intAttribute('dilations', [1, 1, 1, 1]),
  ];
  if (padding === 0) return [...common, stringAttribute('padding', 'VALID')];
  // TensorFlow's SAME pads an even image with stride 2 on one side only; PyTorch's models pad both.
  const paddings = [0, 0, padding, padding, padding, padding, 0, 0];
  return [...common, stringAttribute('padding', 'EXPLICIT'), intAttribute('explicit_paddings', paddings)];
}

/**
 * From this many input channels on, the input's gradient is faster as a convolution of its own on a CPU: 1.2 to 8 times
 * at stride 1 (TensorFlow 2.21, oneDNN), as Conv2DBackpropInput blocks its work badly there. An image's three are not.
 */
const LEAST_CHANNELS_TO_TURN = 8;

/** Whether the input's gradient is taken by convolving upstream with the turned filter. */
function turnsFilter({ stride, padding }: ConvGeometry, [height, width, inputs]: readonly number[]): boolean {
  const fits = height === width && padding < height;
  return stride === 1 && fits && inputs >= LEAST_CHANNELS_TO_TURN && deviceInfo().device === 'cpu';
}

/** The input's gradient at stride 1: upstream convolved with the filter turned by 180 degrees, channels swapped. */
function convolveTurned(upstream: tf.Tensor, filter: tf.Tensor, padding: number): tf.Tensor {
  return tf.tidy(() => {
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    return runOp('Conv2D', attributes({ stride: 1, padding: filter.shape[0] - 1 - padding }), [upstream, turned]);
  });
}

function backprop(
  op: string,
  sizes: readonly number[],
  inputs: (sizes: tf.Tensor) => tf.Tensor[],
  geometry: ConvGeometry,
) {
  const shape = tf.tensor1d([...sizes], 'int32');
  const gradient = runOp(op, attributes(geometry), inputs(shape));
  shape.dispose();
  return gradient;
}

tf.registerKernel({
  kernelName: KERNEL,
  backendName: BACKEND,
  kernelFunc: ({ inputs, attrs }) =>
    runOp('Conv2D', attributes(attrs as unknown as ConvGeometry), [
      inputs.x as tf.TensorInfo,
      inputs.filter as tf.TensorInfo,
    ]),
});

tf.registerGradient({
  kernelName: KERNEL,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, [x, filter], attrs) => {
    const geometry = attrs as unknown as ConvGeometry;
    const upstream = dy as tf.Tensor;
    return {
      x: () =>
        turnsFilter(geometry, filter.shape)
          ? convolveTurned(upstream, filter, geometry.padding)
          : backprop('Conv2DBackpropInput', x.shape, (sizes) => [sizes, filter, upstream], geometry),
      filter: () => backprop('Conv2DBackpropFilter', filter.shape, (sizes) => [x, sizes, upstream], geometry),
    };
  },
});

/** Convolves x [N,H,W,C] with filter [kh,kw,C,O], zero padding on all sides alike. */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor, geometry: ConvGeometry): tf.Tensor4D {
  const attrs = geometry as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel(KERNEL, { x, filter }, attrs) as tf.Tensor4D;
}
