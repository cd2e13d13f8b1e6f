import {
  BACKEND,
  boolAttribute,
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
      x: () => backprop('Conv2DBackpropInput', x.shape, (sizes) => [sizes, filter, upstream], geometry),
      filter: () => backprop('Conv2DBackpropFilter', filter.shape, (sizes) => [x, sizes, upstream], geometry),
    };
  },
});

/** Convolves x [N,H,W,C] with filter [kh,kw,C,O], zero padding on all sides alike. */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor, geometry: ConvGeometry): tf.Tensor4D {
  const attrs = geometry as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel(KERNEL, { x, filter }, attrs) as tf.Tensor4D;
}
