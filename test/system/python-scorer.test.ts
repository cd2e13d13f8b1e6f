import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startCli } from './cli-process.ts';
import { INSTALL_TIMEOUT_MS, type PythonEnvironment, pythonEnvironment, pythonPackage } from './python-environment.ts';

const TIMEOUT_MS = 180_000;

let python: PythonEnvironment;

beforeAll(async () => {
  python = await pythonEnvironment();
}, INSTALL_TIMEOUT_MS);

const scorers = [
  { name: 'knn-extrapolation', start: ['-m', 'winnow.scorers.knn_extrapolation'] },
  { name: 'near-boundary', start: [join(pythonPackage, 'examples', 'margin_scorer.py')] },
];

describe.each(scorers)('the Python scorer $name', { timeout: TIMEOUT_MS }, ({ name, start }) => {
  it('keeps the contract, and ends in order', async () => {
    const server = python.start([...start, '--listen', '127.0.0.1:0']);
    const [, address] = await server.said(/listens on (\S+)/);
    const { code, out } = await startCli('scorer', 'check', address!, '--examples', '5000', '--json').exited;
    const report = JSON.parse(out);
    expect(report).toMatchObject({ conforms: true, counts: { fail: 0, warning: 0 } });
    expect(out).toContain(name);
    expect(code).toBe(0);
    server.kill('SIGTERM');
    expect((await server.exited).code).toBe(0);
  });

  it('says what can be chosen', async () => {
    const help = await python.run([...start, '--help']);
    expect(help).toContain('--listen');
    expect(help).toContain('parameters of a selection:');
  });
});
