import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const fixture = fileURLToPath(new URL('./fixtures/tensor-worker.mjs', import.meta.url));
// Node 24 lacks what the binding calls; the services restore it the same way.
const restore = "data:text/javascript,import util from 'node:util'; util.isNullOrUndefined ??= (v) => v == null;";

it('a process outlives the worker threads that loaded TensorFlow', () => {
  const { stdout, signal, status } = spawnSync(process.execPath, ['--import', restore, fixture], { encoding: 'utf8' });
  // an addon that is unloaded with its last thread ends the process by SIGSEGV
  expect({ stdout, signal, status }).toEqual({ stdout: 'survived\n', signal: null, status: 0 });
});
