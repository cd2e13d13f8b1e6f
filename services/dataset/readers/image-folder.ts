import { DatasetFormat } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { imageSize } from '../dataset.ts';
import { takeRows } from '../subset.ts';
import { type ImageList, scanImageFolder } from './image-folder-scan.ts';
import { decodeImages } from './image-pixels.ts';
import type { DatasetReader, Decoded, ExampleCounts, PickExamples, SplitName } from './reader.ts';

/**
 * Reads train/CLASS/*.png and test/CLASS/*.png (or JPEG), all of one size. Labels follow the class folders' sorted names,
 * examples their class and then their file's name. Only picked images are decoded.
 */
export const imageFolderReader: DatasetReader = {
  format: DatasetFormat.IMAGE_FOLDER,
  layout: 'the folders train and test, each with one folder of PNG or JPEG files for each class',

  detect(entries) {
    return entries.has('train') || entries.has('test');
  },

  async inspect(folder): Promise<ExampleCounts> {
    const { train, test } = await scanImageFolder(folder);
    return { train: train.files.length, test: test.files.length };
  },

  async read(folder, pick, signal): Promise<Decoded> {
    const scan = await scanImageFolder(folder);
    const train = pickImages('train', scan.train, pick);
    const test = pickImages('test', scan.test, pick);
    const { pixels, ...shape } = await decodeImages(folder, [...train.files, ...test.files], signal);
    const split = train.files.length * imageSize(shape);
    return {
      ...shape,
      classNames: scan.classNames,
      train: { images: pixels.subarray(0, split), labels: train.labels },
      test: { images: pixels.subarray(split), labels: test.labels },
    };
  },
};

function pickImages(split: SplitName, { files, labels }: ImageList, pick: PickExamples): ImageList {
  const picked = pick(split, labels);
  return { files: Array.from(picked, (index) => files[index]), labels: takeRows(labels, 1, picked) };
}
