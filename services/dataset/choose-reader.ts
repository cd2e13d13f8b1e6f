import { DatasetFormat, type DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import { invalidField } from '../app-error.ts';
import { corruptDataset } from './corrupt-dataset.ts';
import { type DataFolder, listFolder } from './data-folder.ts';
import { cifar10Reader, cifar100Reader } from './readers/cifar.ts';
import { idxReader } from './readers/idx.ts';
import { imageFolderReader } from './readers/image-folder.ts';
import type { DatasetReader } from './readers/reader.ts';

const READERS: readonly DatasetReader[] = [idxReader, cifar10Reader, cifar100Reader, imageFolderReader];

/**
 * The reader for a data set: by spec.format, or the one whose files the folder holds. Errors: INVALID_FIELD
 * (dataset.format) if the format is unknown, not what the folder holds, or unset where several fit; CORRUPT_DATASET if
 * nothing fits.
 */
export async function chooseReader(spec: DatasetSpec, folder: DataFolder): Promise<DatasetReader> {
  const asked = READERS.find((reader) => reader.format === spec.format);
  if (asked === undefined && spec.format !== DatasetFormat.UNSPECIFIED) {
    throw invalidField('dataset.format', `${spec.format} is no format; use ${READERS.map(nameOf).join(', ')} or unset`);
  }
  const entries = new Set((await listFolder(folder, ''))?.map((entry) => entry.name));
  const fitting = READERS.filter((reader) => reader.detect(entries));
  if (fitting.length === 0) throw nothingFits(folder, asked === undefined ? READERS : [asked]);
  if (asked !== undefined && fitting.includes(asked)) return asked;
  if (asked === undefined && fitting.length === 1) return fitting[0];
  const found = fitting.map(nameOf).join(' and ');
  const remedy = fitting.length === 1 ? 'leave it unset' : 'say which to read';
  throw invalidField('dataset.format', `the folder of "${folder.name}" holds files of ${found}; ${remedy}`);
}

function nothingFits(folder: DataFolder, readers: readonly DatasetReader[]) {
  const expected = readers.map((reader) => `${nameOf(reader)} (${reader.layout})`).join(', or ');
  return corruptDataset({ file: folder.name, expected, found: 'none of these', remedy: 'Put the files there.' });
}

function nameOf(reader: DatasetReader): string {
  return Object.entries(DatasetFormat).find(([, value]) => value === reader.format)![0];
}
