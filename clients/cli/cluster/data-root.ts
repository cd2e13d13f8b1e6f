import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectPaths } from './project-paths.ts';

/**
 * The folder whose subfolders are data sets: the one given, else one made below `folder` that holds a link to the MNIST
 * files that come with the project.
 */
export function dataRoot(given: string | undefined, folder: string): string {
  if (given !== undefined) return resolve(given);
  const root = join(folder, 'data');
  const link = join(root, 'mnist');
  const { mnist } = projectPaths();
  mkdirSync(root, { recursive: true });
  if (!existsSync(link) && existsSync(mnist)) symlinkSync(mnist, link, 'dir');
  return root;
}
