import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative as relativePath, sep } from 'node:path';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, invalidField } from '../app-error.ts';
import { corruptDataset } from './corrupt-dataset.ts';

/** A data set's folder. Paths are real (links resolved) and never shown to callers. */
export interface DataFolder {
  readonly name: string;
  readonly path: string;
  /** The data root it lies below. */
  readonly root: string;
}

/** A regular file of a data set. */
export interface DataFile {
  readonly path: string;
  /** Path relative to the data root, for messages. */
  readonly label: string;
  readonly size: number;
}

// 255 is the longest file name of common file systems.
const ALLOWED_NAME = /^[A-Za-z0-9._-]{1,255}$/;
// Enough to spot a typing error; a message is no catalogue.
const MAX_NAMES_LISTED = 50;
const MISSING_CODES = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

/**
 * Finds the folder of a data set. The folder itself may be a symbolic link: whoever owns the data root put it there.
 * Errors: INVALID_FIELD for a name outside the allowed characters, UNKNOWN_DATASET with the names there are.
 */
export async function openDataFolder(dataRoot: string, name: string): Promise<DataFolder> {
  if (!ALLOWED_NAME.test(name) || name === '.' || name === '..') {
    throw invalidField('dataset.name', "must be a folder's name of 1 to 255 letters, digits, '.', '_' and '-'");
  }
  const root = await unlessMissing(realpath(dataRoot));
  if (root === undefined) throw unknownDataset(name, 'the data root does not exist');
  const path = await unlessMissing(realpath(join(root, name)));
  if (path !== undefined && (await stat(path)).isDirectory()) return { name, path, root };
  throw unknownDataset(name, await describeNames(root));
}

/** A path inside the data set's folder as messages name it: relative to the data root. */
export function labelOf(folder: DataFolder, relative: string): string {
  return relative === '' ? folder.name : `${folder.name}/${relative}`;
}

/** Finds a regular file of the data set, or undefined; CORRUPT_DATASET if it is something else or leaves the data root. */
export async function findFile(folder: DataFolder, relative: string): Promise<DataFile | undefined> {
  const path = await resolveInside(folder, relative);
  if (path === undefined) return undefined;
  const label = labelOf(folder, relative);
  const stats = await stat(path);
  // Opening a pipe or a device could block for ever.
  if (!stats.isFile())
    throw corruptDataset({ file: label, expected: 'a regular file', found: 'another kind of entry' });
  return { path, label, size: stats.size };
}

/** The first of these files that exists, or undefined. */
export async function findFirstFile(folder: DataFolder, candidates: readonly string[]): Promise<DataFile | undefined> {
  for (const candidate of candidates) {
    const file = await findFile(folder, candidate);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Entries of a folder of the data set ('' is its own), or undefined where there is no such folder. */
export async function listFolder(folder: DataFolder, relative: string): Promise<Dirent[] | undefined> {
  const path = await resolveInside(folder, relative);
  return path === undefined ? undefined : unlessMissing(readdir(path, { withFileTypes: true }));
}

async function resolveInside(folder: DataFolder, relative: string): Promise<string | undefined> {
  const path = await unlessMissing(realpath(join(folder.path, relative)));
  if (path === undefined || isInside(folder.path, path) || isInside(folder.root, path)) return path;
  throw corruptDataset({
    file: labelOf(folder, relative),
    expected: 'an entry inside the data root',
    found: 'a symbolic link that leaves it',
    remedy: "Copy the file, or link the data set's whole folder instead.",
  });
}

function isInside(parent: string, path: string): boolean {
  const way = relativePath(parent, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (MISSING_CODES.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function unknownDataset(name: string, available: string): AppError {
  return new AppError(ErrorReason.UNKNOWN_DATASET, `no data set "${name}" below the data root: ${available}`, {
    fields: [{ field: 'dataset.name', description: available }],
  });
}

async function describeNames(root: string): Promise<string> {
  const entries = await readdir(root, { withFileTypes: true });
  const names = entries
    // Names with a leading dot are book-keeping (.git, a mounted volume's ..data), not data sets.
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .filter((name) => ALLOWED_NAME.test(name))
    .sort();
  if (names.length === 0) return 'it holds no folders; put the data set into a folder of its own there';
  const rest = names.length - MAX_NAMES_LISTED;
  return `available are ${names.slice(0, MAX_NAMES_LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
