import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';

test.each(['scoring', 'training'])(
  '%s --help lists its settings, and its main thread loads no TensorFlow',
  (service) => {
    const main = join(projectPaths().root, 'dist', 'services', service, 'main.js');
    const { stdout, stderr, status } = spawnSync('node', [main, '--help'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/WINNOW_LISTEN +address to listen on/);
  },
);
