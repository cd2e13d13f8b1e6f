import { corruptDataset } from '../corrupt-dataset.ts';
import { type DataFile, type DataFolder, findFile, labelOf } from '../data-folder.ts';
import { readHeader, readStretch } from '../file-content.ts';
import { readArchive } from './cifar-archive.ts';
import { CIFAR_SHAPE, CIFAR10, CIFAR100, type CifarLayout, checkCifarSizes, cifarFiles } from './cifar-layout.ts';
import { decodeRecords } from './cifar-records.ts';
import type { DatasetReader, Decoded, ExampleCounts } from './reader.ts';

/** Where the records are: loose files by name, or the official archive. */
type CifarSource = { readonly files: ReadonlyMap<string, DataFile> } | { readonly archive: DataFile };

// Size of a tar header, the least that a non-empty archive unpacks to.
const TAR_BLOCK_BYTES = 512;

/** Reads CIFAR-10's official binary version: loose files, in cifar-10-batches-bin, or cifar-10-binary.tar.gz. */
export const cifar10Reader: DatasetReader = cifarReader(CIFAR10);

/** Reads CIFAR-100's official binary version, fine labels: loose files, in cifar-100-binary, or cifar-100-binary.tar.gz. */
export const cifar100Reader: DatasetReader = cifarReader(CIFAR100);

function cifarReader(layout: CifarLayout): DatasetReader {
  const names = cifarFiles(layout);
  return {
    format: layout.format,
    layout: `${names.join(', ')}, the folder ${layout.subfolder} or ${layout.archive}`,

    detect(entries) {
      return [...names, layout.subfolder, layout.archive].some((name) => entries.has(name));
    },

    async inspect(folder): Promise<ExampleCounts | undefined> {
      const source = await locate(layout, folder);
      if ('archive' in source) {
        await readHeader(source.archive, TAR_BLOCK_BYTES);
        return undefined;
      }
      const counts = checkFiles(layout, source.files);
      return { train: counts.perTrainFile * layout.trainFiles.length, test: counts.test };
    },

    async read(folder, pick, signal): Promise<Decoded> {
      const source = await locate(layout, folder);
      const contents = await readContents(layout, source, signal);
      const label = (name: string) => ('archive' in source ? `${source.archive.label}:${name}` : labelIn(source, name));
      const sizes = new Map(names.map((name) => [name, contents.get(name)!.length]));
      const counts = checkCifarSizes(layout, sizes, label);
      const part = (name: string) => ({ label: label(name), bytes: contents.get(name)! });
      const train = layout.trainFiles.map(part);
      return {
        ...CIFAR_SHAPE,
        classNames: layout.classNames,
        train: decodeRecords(layout, train, counts.perTrainFile, (labels) => pick('train', labels)),
        test: decodeRecords(layout, [part(layout.testFile)], counts.test, (labels) => pick('test', labels)),
      };
    },
  };
}

async function locate(layout: CifarLayout, folder: DataFolder): Promise<CifarSource> {
  for (const place of ['', `${layout.subfolder}/`]) {
    const files = await findAll(layout, folder, place);
    if (files !== undefined) return { files };
  }
  const archive = await findFile(folder, layout.archive);
  if (archive !== undefined) return { archive };
  const expected = `${cifarFiles(layout).join(', ')} or ${layout.archive}`;
  throw corruptDataset({ file: folder.name, expected, found: 'none of them', remedy: 'Put the files there.' });
}

/** The files in one place: undefined if there is none, an error if only some are there. */
async function findAll(layout: CifarLayout, folder: DataFolder, place: string) {
  const files = new Map<string, DataFile>();
  for (const name of cifarFiles(layout)) {
    const file = await findFile(folder, `${place}${name}`);
    if (file !== undefined) files.set(name, file);
  }
  if (files.size === 0) return undefined;
  const missing = cifarFiles(layout).find((name) => !files.has(name));
  if (missing === undefined) return files;
  const remedy = 'Put it beside the others.';
  throw corruptDataset({ file: labelOf(folder, `${place}${missing}`), expected: 'this file', found: 'none', remedy });
}

async function readContents(layout: CifarLayout, source: CifarSource, signal?: AbortSignal) {
  if ('archive' in source) return readArchive(source.archive, cifarFiles(layout), signal);
  checkFiles(layout, source.files);
  const contents = new Map<string, Uint8Array>();
  for (const [name, file] of source.files) {
    contents.set(name, await readStretch(file, { offset: 0, length: file.size }, signal));
  }
  return contents;
}

function checkFiles(layout: CifarLayout, files: ReadonlyMap<string, DataFile>) {
  const sizes = new Map([...files].map(([name, file]) => [name, file.size]));
  return checkCifarSizes(layout, sizes, (name) => files.get(name)!.label);
}

function labelIn(source: { readonly files: ReadonlyMap<string, DataFile> }, name: string): string {
  return source.files.get(name)!.label;
}
