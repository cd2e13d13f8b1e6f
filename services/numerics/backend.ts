import './node-24.ts';
import * as tf from '@tensorflow/tfjs-node-gpu';

export { tf };

/** An attribute of a TensorFlow operation: its name, its kind and its value. */
export type OpAttribute = { name: string; type: number; value: boolean | number | string | number[] };

interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: {
    readonly TF_Version: string;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_INT: number;
    readonly TF_ATTR_FLOAT: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_STRING: number;
    readonly TF_FLOAT: number;
    readonly TF_INT32: number;
    executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): NativeOutput[];
  };
  /** What TensorFlow holds behind each tensor. */
  readonly tensorMap: { get(dataId: object): { dtype: number } };
  getInputTensorIds(inputs: tf.TensorInfo[]): number[];
  createOutputTensor(output: NativeOutput): tf.Tensor;
}

interface NativeOutput {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** TensorFlow's number of bfloat16 (DataType in types.proto), which the binding does not name. */
const BFLOAT16 = 14;

/** The name under which tfjs registers the TensorFlow backend and its kernels. */
export const BACKEND = 'tensorflow';

let native: NativeBackend | undefined;

function backend(): NativeBackend {
  native ??= tf.backend() as unknown as NativeBackend;
  return native;
}

/** Runs a TensorFlow operation by its name; nothing is recorded for gradients. */
export function runOp(name: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]): tf.Tensor {
  return runOpMany(name, attributes, inputs, 1)[0];
}

/** Runs a TensorFlow operation that has several outputs. */
export function runOpMany(
  name: string,
  attributes: OpAttribute[],
  inputs: tf.TensorInfo[],
  outputs: number,
): tf.Tensor[] {
  const { binding } = backend();
  return binding.executeOp(name, attributes, backend().getInputTensorIds(inputs), outputs).map(toTensor);
}

/** Wraps an output. tfjs has no bfloat16: such a tensor calls itself float32 and must be cast before it is read. */
function toTensor(output: NativeOutput): tf.Tensor {
  if (output.dtype !== BFLOAT16) return backend().createOutputTensor(output);
  const tensor = backend().createOutputTensor({ ...output, dtype: backend().binding.TF_FLOAT });
  backend().tensorMap.get(tensor.dataId).dtype = BFLOAT16;
  return tensor;
}

/** What TensorFlow holds behind a tensor that calls itself float32 is bfloat16. */
export function isBfloat16({ dataId }: tf.TensorInfo): boolean {
  return backend().tensorMap.get(dataId).dtype === BFLOAT16;
}

/** A type attribute, float32 unless told otherwise. */
export function typeAttribute(name: string, dtype: 'float32' | 'int32' | 'bfloat16' = 'float32'): OpAttribute {
  const { TF_ATTR_TYPE, TF_FLOAT, TF_INT32 } = backend().binding;
  const value = { float32: TF_FLOAT, int32: TF_INT32, bfloat16: BFLOAT16 }[dtype];
  return { name, type: TF_ATTR_TYPE, value };
}

/** The type attribute of what TensorFlow holds behind a tensor. */
export function typeOf(name: string, { dataId }: tf.TensorInfo): OpAttribute {
  return { name, type: backend().binding.TF_ATTR_TYPE, value: backend().tensorMap.get(dataId).dtype };
}

/** A whole number, or a list of them. */
export function intAttribute(name: string, value: number | number[]): OpAttribute {
  return { name, type: backend().binding.TF_ATTR_INT, value };
}

/** A real number. */
export function floatAttribute(name: string, value: number): OpAttribute {
  return { name, type: backend().binding.TF_ATTR_FLOAT, value };
}

/** A truth value. */
export function boolAttribute(name: string, value: boolean): OpAttribute {
  return { name, type: backend().binding.TF_ATTR_BOOL, value };
}

/** A text. */
export function stringAttribute(name: string, value: string): OpAttribute {
  return { name, type: backend().binding.TF_ATTR_STRING, value };
}

/** The device that runs the tensors and the TensorFlow version: `{device: 'cpu' | 'gpu', version}`. */
export function deviceInfo(): { device: 'cpu' | 'gpu'; version: string } {
  return { device: backend().isUsingGpuDevice ? 'gpu' : 'cpu', version: backend().binding.TF_Version };
}
