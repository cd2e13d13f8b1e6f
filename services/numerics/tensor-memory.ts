import { deviceInfo, tf } from './backend.ts';

/** Bytes of the tensors that this thread holds, and the device that they are on. */
export function tensorMemory(): { bytes: number; device: 'cpu' | 'gpu' } {
  return { bytes: tf.memory().numBytes, device: deviceInfo().device };
}
