import { join } from 'node:path';
import { expect } from 'vitest';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';
import { type PythonEnvironment, pythonPackage } from './python-environment.ts';
import type { Stack } from './services/stack.ts';

/** What the tests of clients/python/tests/system read: where the services of a stack are. */
export async function addressesOf(stack: Stack): Promise<Record<string, string>> {
  return {
    WINNOW_PY_SCORING: (await stack.scoring()).address,
    WINNOW_PY_TRAINING: (await stack.training()).address,
    WINNOW_PY_NATS: stack.nats.url,
    WINNOW_PY_MNIST: projectPaths().mnist,
  };
}

/** Runs pytest over a file or folder below clients/python/tests; every test has to run and pass. */
export async function runPytest(
  python: PythonEnvironment,
  path: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const config = ['-c', join(pythonPackage, 'pyproject.toml'), '-p', 'no:cacheprovider', '-q', '-rs'];
  const output = await python.run(['-m', 'pytest', ...config, join(pythonPackage, 'tests', path)], env);
  expect(output).toMatch(/\d+ passed/);
  expect(output).not.toMatch(/skipped|xfailed/);
}
