import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const LINES = 15;
// A stack in a JSON log line takes a few KB; 15 of them fit.
const BYTES = 64 * 1024;

/** The last lines of a log file, or '' where it is missing or empty. */
export function logTail(file: string, lines = LINES): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const size = fstatSync(descriptor).size;
    const buffer = Buffer.alloc(Math.min(size, BYTES));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    closeSync(descriptor);
  }
}
