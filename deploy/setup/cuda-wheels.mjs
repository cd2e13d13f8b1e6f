/** What is loaded or started at run time: libraries, and of nvcc its assembler and libdevice. No static libraries. */
const MEMBERS = '(lib/[^.]*\\.so[.0-9]*|bin/ptxas|nvvm/lib64/libnvvm\\.so|nvvm/libdevice/.*\\.bc)$';

/**
 * TensorFlow 2.21.0's CUDA libraries for x86_64, within the ranges of its `and-cuda` extra: CUDA 12.9, and cuDNN 9.10
 * because later ones no longer run on Pascal and Volta. They find each other through their RUNPATH as long as they
 * lie beside one another under `nvidia/`, as in Python's site-packages. cuRAND is in the extra too, but no part of
 * TensorFlow or of these libraries refers to it.
 * @type {readonly import('./wheel.mjs').WheelPin[]}
 */
export const CUDA_WHEELS = [
  {
    file: 'nvidia_cudnn_cu12-9.10.2.21-py3-none-manylinux_2_27_x86_64.whl',
    sha256: '949452be657fa16687d0930933f032835951ef0892b37d2d53824d1a84dc97a8',
    bytes: 706_758_467,
    unpackedBytes: 1_053_232_960,
    folder: 'nvidia/cudnn',
    members: MEMBERS,
  },
  {
    file: 'nvidia_nccl_cu12-2.27.7-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sha256: 'de5ba5562f08029a19cb1cd659404b18411ed0d6c90ac5f52f30bf99ad5809aa',
    bytes: 322_546_339,
    unpackedBytes: 430_126_192,
    folder: 'nvidia/nccl',
    members: MEMBERS,
  },
  {
    file: 'nvidia_cublas_cu12-12.9.3.13-py3-none-manylinux_2_27_x86_64.whl',
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
    bytes: 581_217_458,
    unpackedBytes: 855_064_416,
    folder: 'nvidia/cublas',
    members: MEMBERS,
  },
  {
    file: 'nvidia_cuda_cupti_cu12-12.9.79-py3-none-manylinux_2_25_x86_64.whl',
    sha256: '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
    bytes: 10_814_997,
    unpackedBytes: 43_365_768,
    folder: 'nvidia/cuda_cupti',
    members: MEMBERS,
  },
  {
    file: 'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
    bytes: 40_546_229,
    unpackedBytes: 97_998_760,
    folder: 'nvidia/cuda_nvcc',
    members: MEMBERS,
  },
  {
    file: 'nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
    bytes: 89_568_129,
    unpackedBytes: 113_447_240,
    folder: 'nvidia/cuda_nvrtc',
    members: MEMBERS,
  },
  {
    file: 'nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
    bytes: 3_493_179,
    unpackedBytes: 741_088,
    folder: 'nvidia/cuda_runtime',
    members: MEMBERS,
  },
  {
    file: 'nvidia_cufft_cu12-11.4.1.4-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
    bytes: 200_877_592,
    unpackedBytes: 293_609_416,
    folder: 'nvidia/cufft',
    members: MEMBERS,
  },
  {
    file: 'nvidia_cusolver_cu12-11.7.5.82-py3-none-manylinux_2_27_x86_64.whl',
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
    bytes: 338_117_415,
    unpackedBytes: 494_975_064,
    folder: 'nvidia/cusolver',
    members: MEMBERS,
  },
  {
    file: 'nvidia_cusparse_cu12-12.5.10.65-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
    bytes: 366_465_088,
    unpackedBytes: 486_556_368,
    folder: 'nvidia/cusparse',
    members: MEMBERS,
  },
  {
    file: 'nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
    bytes: 39_748_338,
    unpackedBytes: 95_935_344,
    folder: 'nvidia/nvjitlink',
    members: MEMBERS,
  },
];
