import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';

/** Where a demo puts what. */
export interface OutputFolder {
  readonly root: string;
  readonly logs: string;
  /** The cluster's own data; gone at the end unless it is kept. */
  readonly cluster: string;
}

/** A new folder's name: winnow-run-20261124-135209, local time. */
export function defaultOutput(now = new Date()): string {
  const pad = (part: number) => String(part).padStart(2, '0');
  const date = `${now.getFullYear()}${pad(now.getMonth() + 1)}${pad(now.getDate())}`;
  return `winnow-run-${date}-${pad(now.getHours())}${pad(now.getMinutes())}${pad(now.getSeconds())}`;
}

/** The parts of an output folder, which must be new or empty: results of two demos would mix. */
export function outputFolder(folder: string): OutputFolder {
  const root = resolve(folder);
  if (existsSync(root) && readdirSync(root).length > 0) {
    throw new CliError(`${root} is not empty; give a new folder with --output`);
  }
  return { root, logs: join(root, 'logs'), cluster: join(root, '.cluster') };
}

/** Deletes the cluster's own data, and the whole folder where nothing else is in it. */
export function tidyOutput({ root, cluster }: OutputFolder): void {
  rmSync(cluster, { recursive: true, force: true });
  try {
    rmdirSync(root);
  } catch {
    // It holds results or logs, or never came to be.
  }
}
