import { CUDA_WHEELS } from './cuda-wheels.mjs';

/** The TensorFlow release whose C library runs under tfjs-node-gpu 4.22.0. */
export const TENSORFLOW_VERSION = '2.21.0';

/** The two libraries, and of the 20,000 headers only those that the C API's own headers include. */
const MEMBERS =
  '(libtensorflow_(cc|framework)\\.so\\.2|include/(tensorflow/c|tensorflow/core/platform|tsl|xla/tsl/c)/.*\\.h)$';

/** @type {Record<string, import('./wheel.mjs').WheelPin>} */
const TENSORFLOW_WHEELS = {
  'cpu-x64': {
    file: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    bytes: 273_829_956,
    unpackedBytes: 855_101_483,
    folder: 'tensorflow',
    members: MEMBERS,
  },
  'cpu-arm64': {
    file: 'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl',
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
    bytes: 281_828_020,
    unpackedBytes: 884_854_755,
    folder: 'tensorflow',
    members: MEMBERS,
  },
  'gpu-x64': {
    file: 'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    bytes: 572_440_367,
    unpackedBytes: 1_260_864_430,
    folder: 'tensorflow',
    members: MEMBERS,
  },
};

/**
 * The wheels of one variant, or undefined where TensorFlow publishes none.
 * @param {'cpu' | 'gpu'} device
 * @param {string} arch as `process.arch`
 * @returns {readonly import('./wheel.mjs').WheelPin[] | undefined} TensorFlow's own wheel first
 */
export function tensorflowWheels(device, arch) {
  const wheel = TENSORFLOW_WHEELS[`${device}-${arch}`];
  if (!wheel) return undefined;
  return device === 'gpu' ? [wheel, ...CUDA_WHEELS] : [wheel];
}
