import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INSTALL_TIMEOUT_MS, type PythonEnvironment, pythonEnvironment, pythonPackage } from './python-environment.ts';
import { addressesOf, runPytest } from './python-pytest.ts';
import { type Stack, startStack } from './services/stack.ts';

const TIMEOUT_MS = 300_000;

let python: PythonEnvironment;
let stack: Stack;
let addresses: Record<string, string>;

beforeAll(async () => {
  python = await pythonEnvironment();
  stack = await startStack('scoring', 'training');
  addresses = await addressesOf(stack);
}, INSTALL_TIMEOUT_MS);

afterAll(() => stack?.stop());

describe('the Python package', { timeout: TIMEOUT_MS }, () => {
  it('passes its unit tests', () => runPytest(python, '.'));

  it('is typed', async () => {
    const config = ['--config-file', join(pythonPackage, 'pyproject.toml'), '--cache-dir=/dev/null'];
    expect(await python.run(['-m', 'mypy', ...config, join(pythonPackage, 'winnow')])).toContain('Success');
  });

  it('drives runs of the real services', () => runPytest(python, 'system/test_training.py', addresses));

  it('selects from signals, and follows the sets', () => runPytest(python, 'system/test_signals.py', addresses));

  it('trains on two ranks as in one process', () => runPytest(python, 'system/test_ranks.py', addresses));

  it('has a recipe for PyTorch that works', () => runPytest(python, 'system/test_loop.py', addresses));
});
