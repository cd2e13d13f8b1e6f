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
  };
  executeMultipleOutputs(
    name: string,
    attributes: OpAttribute[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

/** The name under which tfjs registers the TensorFlow backend and its kernels. */
export const BACKEND = 'tensorflow';

let native: NativeBackend | undefined;

function backend(): NativeBackend {
  native ??= tf.backend() as unknown as NativeBackend;
  return native;
}

/** Runs a TensorFlow operation by its name; nothing is recorded for gradients. */
export function runOp(name: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]): tf.Tensor {
  return backend().executeMultipleOutputs(name, attributes, inputs, 1)[0];
}

/** Runs a TensorFlow operation that has several outputs. */
export function runOpMany(
  name: string,
  attributes: OpAttribute[],
  inputs: tf.TensorInfo[],
  outputs: number,
): tf.Tensor[] {
  return backend().executeMultipleOutputs(name, attributes, inputs, outputs);
}

/** A type attribute, float32 unless told otherwise. */
export function typeAttribute(name: string, dtype: 'float32' | 'int32' = 'float32'): OpAttribute {
  const { binding } = backend();
  return { name, type: binding.TF_ATTR_TYPE, value: dtype === 'int32' ? binding.TF_INT32 : binding.TF_FLOAT };
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
