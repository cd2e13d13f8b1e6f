import type { DatasetFormat } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import type { DataFolder } from '../data-folder.ts';
import type { ImageShape, Split } from '../dataset.ts';

/** The two halves of a data set, as its files and folders call them. */
export type SplitName = 'train' | 'test';

/** Chooses the examples of a split to keep, ascending, from all its labels; may throw INVALID_FIELD. */
export type PickExamples = (split: SplitName, labels: Uint16Array) => Uint32Array;

/** How many examples each half holds. */
export type ExampleCounts = Readonly<Record<SplitName, number>>;

/** What a reader gives: the picked examples in file order. */
export interface Decoded extends ImageShape {
  readonly train: Split;
  readonly test: Split;
  /** Names in label order. */
  readonly classNames: readonly string[];
}

/** Reads one layout of files. */
export interface DatasetReader {
  readonly format: DatasetFormat;
  /** What the folder must hold, for messages. */
  readonly layout: string;
  /** Whether these names of a folder's entries look like this layout, even if some are missing. */
  detect(entries: ReadonlySet<string>): boolean;
  /**
   * Checks what can be checked without reading pixels: that files exist, headers and sizes. Returns the counts, or undefined
   * where they can't be known cheaply. Errors: CORRUPT_DATASET.
   */
  inspect(folder: DataFolder): Promise<ExampleCounts | undefined>;
  /** Reads everything picked. Errors: CORRUPT_DATASET, what `pick` throws, and an AbortError after `signal`. */
  read(folder: DataFolder, pick: PickExamples, signal?: AbortSignal): Promise<Decoded>;
}
