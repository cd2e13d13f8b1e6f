import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlive, until } from '../unit/clients/processes.ts';
import { temporaryFolder } from '../unit/clients/temporary-folder.ts';
import { descendants, startCli } from './cli-process.ts';

const TIMEOUT_MS = 180_000;

/** Two rows of a few seconds each: full data and a random third. */
const PLAN = {
  settings: {
    dataset: 'mnist',
    trainExamples: 120,
    validationExamples: 40,
    testExamples: 40,
    epochs: 2,
    batchSize: 32,
    steps: 2,
    evalEvery: 1,
    evalExamples: 20,
    evalProgressExamples: 20,
  },
  objectives: ['trades'],
  fractions: [0.3],
  sameUpdates: false,
  evaluation: { steps: 3, restarts: 2, examples: 20 },
};

function writePlan(plan: object) {
  const folder = temporaryFolder();
  const file = join(folder, 'plan.json');
  writeFileSync(file, JSON.stringify(plan));
  const output = join(folder, 'study');
  return { file, output, start: (...options: string[]) => startCli('compare', file, '--output', output, ...options) };
}

describe('winnow compare', { timeout: TIMEOUT_MS }, () => {
  test('killed between two rows, the same command goes on with the second', async () => {
    const { output, start } = writePlan(PLAN);
    const first = start();
    await first.said(/cell 2 of 2: mnist\/trades\/random\/0\.3, seed 1/);
    const processes = descendants(first.pid);
    first.kill('SIGKILL');
    await until('every process has ended', () => !processes.some(({ pid }) => isAlive(pid)), 20_000);
    const cells = join(output, 'cells');
    expect(readdirSync(cells)).toEqual(['mnist_trades_full_seed-1.json']);
    const made = statSync(join(cells, 'mnist_trades_full_seed-1.json')).mtimeMs;

    const { code, out, err } = await start('--json').exited;
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(statSync(join(cells, 'mnist_trades_full_seed-1.json')).mtimeMs).toBe(made);
    const { rows } = JSON.parse(out);
    expect(rows).toMatchObject([
      { name: 'mnist/trades/full', seeds: [1], speedup: { mean: 1 } },
      { name: 'mnist/trades/random/0.3', seeds: [1], fraction: 0.3 },
    ]);
    expect(rows[1].speedupPasses.mean).toBeCloseTo(120 / 36, 5);
    const study = JSON.parse(readFileSync(join(output, 'study.json'), 'utf8'));
    expect(study.cells.map(({ evaluations }: { evaluations: unknown[] }) => evaluations.length > 0)).toEqual([
      true,
      true,
    ]);
  });

  test('another plan in the same folder is refused, and what is there stays', async () => {
    const { file, output, start } = writePlan({ ...PLAN, settings: { ...PLAN.settings, epochs: 1 } });
    expect(await start('--rows', 'trades/full').exited).toMatchObject({ code: 0 });
    writeFileSync(file, JSON.stringify({ ...PLAN, settings: { ...PLAN.settings, epochs: 3 } }));
    const { code, err } = await start('--rows', 'trades/full').exited;
    expect(code).toBe(1);
    expect(err).toMatch(/_full_seed-1\.json is of other settings than the plan's; .*--output/);
    expect(readdirSync(join(output, 'cells'))).toEqual(['mnist_trades_full_seed-1.json']);
  });

  test('--list runs nothing and says what is open', async () => {
    const { start } = writePlan(PLAN);
    const { code, out } = await start('--list').exited;
    expect({ code, out }).toEqual({
      code: 0,
      out: 'open      seed 1  mnist/trades/full\nopen      seed 1  mnist/trades/random/0.3\n',
    });
  });
});
