import { corruptDataset } from '../corrupt-dataset.ts';
import { imageSize, type Split } from '../dataset.ts';
import { takeRows } from '../subset.ts';
import { CIFAR_SHAPE, type CifarLayout, PLANE_BYTES, recordBytes } from './cifar-layout.ts';

/** A file's bytes and its name in messages. */
export interface CifarPart {
  readonly label: string;
  readonly bytes: Uint8Array;
}

const IMAGE_BYTES = imageSize(CIFAR_SHAPE);

/**
 * Decodes the picked records of files that hold `perPart` whole records each, from channel planes (CHW) to NHWC.
 * Errors: CORRUPT_DATASET for a label outside its range.
 */
export function decodeRecords(
  layout: CifarLayout,
  parts: readonly CifarPart[],
  perPart: number,
  pick: (labels: Uint16Array) => Uint32Array,
): Split {
  const labels = new Uint16Array(parts.length * perPart);
  parts.forEach((part, i) => {
    labels.set(readLabels(layout, part, perPart), i * perPart);
  });
  const picked = pick(labels);
  const images = new Uint8Array(picked.length * IMAGE_BYTES);
  picked.forEach((index, row) => {
    const start = (index % perPart) * recordBytes(layout) + layout.labelBounds.length;
    interleave(parts[Math.floor(index / perPart)].bytes, start, images, row * IMAGE_BYTES);
  });
  return { images, labels: takeRows(labels, 1, picked) };
}

function readLabels({ labelBounds, ...layout }: CifarLayout, { label, bytes }: CifarPart, count: number): Uint16Array {
  const size = recordBytes({ labelBounds, ...layout });
  return Uint16Array.from({ length: count }, (_, record) => {
    labelBounds.forEach((bound, place) => {
      const found = bytes[record * size + place];
      if (found < bound) return;
      throw corruptDataset({ file: label, expected: `labels below ${bound}`, found: `${found} in record ${record}` });
    });
    return bytes[record * size + labelBounds.length - 1];
  });
}

function interleave(planes: Uint8Array, from: number, images: Uint8Array, to: number): void {
  let target = to;
  for (let pixel = from; pixel < from + PLANE_BYTES; pixel++) {
    images[target++] = planes[pixel];
    images[target++] = planes[pixel + PLANE_BYTES];
    images[target++] = planes[pixel + 2 * PLANE_BYTES];
  }
}
