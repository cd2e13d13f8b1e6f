import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';

/**
 * Takes a folder for this process, since two nats-servers on one store would corrupt it. Returns the function that
 * gives it back. A lock left by a process that no longer lives is taken over.
 */
export function lockStore(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lock');
  const owner = ownerOf(file);
  if (owner !== undefined && isAlive(owner)) {
    throw new CliError(`${folder} is in use by process ${owner}; stop it, or give another folder with --store`);
  }
  rmSync(file, { force: true });
  // 'wx' fails where another process has just made the file.
  writeFileSync(file, String(process.pid), { flag: 'wx' });
  return () => rmSync(file, { force: true });
}

function ownerOf(file: string): number | undefined {
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(owner) && owner > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
