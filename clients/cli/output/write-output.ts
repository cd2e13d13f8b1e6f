import { writeFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';

/** Writes a file that the user named; a failure says which and why. */
export function writeOutput(file: string, data: string | Uint8Array): void {
  try {
    writeFileSync(file, data);
  } catch (error) {
    throw new CliError(`${file} can't be written: ${(error as Error).message}; give another --output`);
  }
}
