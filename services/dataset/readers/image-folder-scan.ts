import { corruptDataset } from '../corrupt-dataset.ts';
import { type DataFolder, labelOf, listFolder } from '../data-folder.ts';
import { MAX_CLASSES } from '../data-limits.ts';
import type { SplitName } from './reader.ts';

/** The image files of one half, class by class, sorted by name within a class. */
export interface ImageList {
  /** Paths relative to the data set's folder. */
  readonly files: readonly string[];
  /** A label for each file. */
  readonly labels: Uint16Array;
}

/** What an image folder holds. */
export interface ImageFolderScan {
  /** Class folders' names, sorted by code unit, so the same in every locale. */
  readonly classNames: readonly string[];
  readonly train: ImageList;
  readonly test: ImageList;
}

type ClassFiles = ReadonlyMap<string, readonly string[]>;

const IMAGE_NAME = /\.(png|jpe?g)$/i;

/**
 * Lists train/CLASS/* and test/CLASS/* (PNG and JPEG; other files and names with a leading dot are left alone).
 * Errors: CORRUPT_DATASET if a half is missing or empty, a class has no image, or the halves' classes differ.
 */
export async function scanImageFolder(folder: DataFolder): Promise<ImageFolderScan> {
  const train = await scanSplit(folder, 'train');
  const test = await scanSplit(folder, 'test');
  checkSameClasses(folder, train, test);
  const classNames = [...train.keys()];
  return { classNames, train: listImages(train, classNames), test: listImages(test, classNames) };
}

async function scanSplit(folder: DataFolder, split: SplitName): Promise<ClassFiles> {
  const entries = await listFolder(folder, split);
  const names = (entries ?? [])
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && isVisible(entry.name))
    .map((entry) => entry.name)
    .sort();
  const classes = new Map<string, readonly string[]>();
  for (const name of names) {
    const files = await scanClass(folder, `${split}/${name}`);
    if (files !== undefined) classes.set(name, files);
  }
  if (classes.size > 0 && classes.size <= MAX_CLASSES) return classes;
  const expected = `one folder for each class, 1 to ${MAX_CLASSES}`;
  const found = entries === undefined ? 'no such folder' : `${classes.size}`;
  const remedy = `Put images into ${split}/CLASS/.`;
  throw corruptDataset({ file: labelOf(folder, split), expected, found, remedy });
}

/** A class's images, or undefined for a link that isn't one to a folder. */
async function scanClass(folder: DataFolder, path: string): Promise<readonly string[] | undefined> {
  const entries = await listFolder(folder, path);
  if (entries === undefined) return undefined;
  const files = entries
    .filter((entry) => !entry.isDirectory() && isVisible(entry.name) && IMAGE_NAME.test(entry.name))
    .map((entry) => `${path}/${entry.name}`)
    .sort();
  if (files.length > 0) return files;
  throw corruptDataset({
    file: labelOf(folder, path),
    expected: 'PNG or JPEG files directly in it',
    found: 'none',
    remedy: 'Add some, or remove the folder.',
  });
}

function checkSameClasses(folder: DataFolder, train: ClassFiles, test: ClassFiles): void {
  for (const [split, own, other] of [
    ['train', train, test],
    ['test', test, train],
  ] as const) {
    const missing = [...other.keys()].find((name) => !own.has(name));
    if (missing === undefined) continue;
    throw corruptDataset({
      file: labelOf(folder, `${split}/${missing}`),
      expected: 'the same classes in train and test',
      found: `no folder "${missing}" in ${split}`,
      remedy: 'Add the folder, or remove its counterpart.',
    });
  }
}

function listImages(classes: ClassFiles, classNames: readonly string[]): ImageList {
  const files = classNames.flatMap((name) => classes.get(name)!);
  const labels = classNames.flatMap((name, label) => classes.get(name)!.map(() => label));
  return { files, labels: Uint16Array.from(labels) };
}

function isVisible(name: string): boolean {
  return !name.startsWith('.');
}
