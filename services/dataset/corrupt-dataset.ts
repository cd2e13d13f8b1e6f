import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../app-error.ts';

/** What is wrong with a data file. */
export interface Corruption {
  /** The file, relative to the data root; never an absolute path. */
  readonly file: string;
  readonly expected: string;
  readonly found: string;
  /** What the reader of the message should do, as a sentence. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

const DEFAULT_REMEDY = 'Replace it with a fresh copy.';

/** The error for a data file that is missing, truncated or has values outside its range (CORRUPT_DATASET). */
export function corruptDataset({ file, expected, found, remedy = DEFAULT_REMEDY, cause }: Corruption): AppError {
  const message = `${file}: expected ${expected}, found ${found}. ${remedy}`;
  return new AppError(ErrorReason.CORRUPT_DATASET, message, { cause });
}
