import { boolAttribute, intAttribute, type OpAttribute, stringAttribute, type tf, typeOf } from '../backend.ts';

/** Stride and symmetric zero padding in pixels, the same in both directions, as PyTorch counts them. */
export interface ConvGeometry {
  readonly stride: number;
  readonly padding: number;
}

/** Attributes of TensorFlow's convolutions, in the arithmetic of x. */
export function convAttributes(x: tf.TensorInfo, { stride, padding }: ConvGeometry): OpAttribute[] {
  return convAttributesPadded(x, stride, [padding, padding]);
}

/** The same with other padding before the first than behind the last pixel of rows and columns. */
export function convAttributesPadded(
  x: tf.TensorInfo,
  stride: number,
  [before, behind]: readonly [number, number],
): OpAttribute[] {
  const common = [
    typeOf('T', x),
    intAttribute('strides', [1, stride, stride, 1]),
    stringAttribute('data_format', 'NHWC'),
    boolAttribute('use_cudnn_on_gpu', true),
    intAttribute('dilations', [1, 1, 1, 1]),
  ];
  if (before === 0 && behind === 0) return [...common, stringAttribute('padding', 'VALID')];
  // TensorFlow's SAME pads an even image with stride 2 on one side only; PyTorch's models pad both.
  const paddings = [0, 0, before, behind, before, behind, 0, 0];
  return [...common, stringAttribute('padding', 'EXPLICIT'), intAttribute('explicit_paddings', paddings)];
}
