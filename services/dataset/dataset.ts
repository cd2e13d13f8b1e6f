import type { DatasetFormat } from '../../proto/gen/winnow/v1/dataset_pb.ts';

/** Size of one image: height and width in pixels, and 1 (grey) or 3 (RGB) channels. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Examples in index order; N is `labels.length`. */
export interface Split {
  /** Pixels in [0, 255], N*H*W*C values in NHWC order. */
  readonly images: Uint8Array;
  /** Labels in [0, classNames.length), N values. */
  readonly labels: Uint16Array;
}

/** A data set in memory, already cut down to the examples asked for. */
export interface Dataset extends ImageShape {
  /** The folder's name below the data root. */
  readonly name: string;
  /** The layout it was read from, never UNSPECIFIED. */
  readonly format: DatasetFormat;
  readonly train: Split;
  /** Training examples held out of training, empty where none were asked for. Never in `train`. */
  readonly validation: Split;
  readonly test: Split;
  /** Names in label order. */
  readonly classNames: readonly string[];
  /** DatasetInfo.fingerprint: lower-case hex SHA-256 of the training split. */
  readonly fingerprint: string;
}

/** Number of examples in a split. */
export function splitSize(split: Split): number {
  return split.labels.length;
}

/** Number of pixel values of one image: H*W*C. */
export function imageSize(shape: ImageShape): number {
  return shape.height * shape.width * shape.channels;
}
