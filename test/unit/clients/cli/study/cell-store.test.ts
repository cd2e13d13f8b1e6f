import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CellStore, completeCells } from '../../../../../clients/cli/study/cell-store.ts';
import { plannedCells } from '../../../../../clients/cli/study/cells.ts';
import { parsePlan } from '../../../../../clients/cli/study/plan.ts';
import { sampleCell } from '../../../report/study/sample-study.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const cellOf = (changes: object = {}) => {
  const plan = { settings: { dataset: 'cifar10' }, objectives: ['trades'], fractions: [0.3], ...changes };
  return plannedCells(parsePlan(plan, 'plan'))[0]!;
};

function keptCell(complete = true) {
  const folder = temporaryFolder();
  const store = new CellStore(folder);
  const kept = { complete, models: [], cell: sampleCell() };
  store.write(cellOf(), kept);
  return { folder, store, kept, file: join(folder, 'cifar10_trades_full_seed-1.json') };
}

test('a cell is found again as it was kept, and nothing half-written stays', () => {
  const { folder, store, kept } = keptCell();
  expect(store.read(cellOf())).toMatchObject(kept);
  expect(readdirSync(folder)).toEqual(['cifar10_trades_full_seed-1.json']);
  expect(completeCells(folder)).toEqual([kept.cell]);
});

test('a cell that is not complete is no result', () => {
  expect(completeCells(keptCell(false).folder)).toEqual([]);
});

test.each([
  ['the run', { settings: { dataset: 'cifar10', epochs: 3 } }],
  ["the attack's steps", { evaluation: { steps: 20 } }],
  ['the examples', { evaluation: { examples: 100 } }],
  ['AutoAttack', { evaluation: { autoAttack: { examples: 100 } } }],
])('one of other settings is refused: %s', (_, changes) => {
  const { store } = keptCell();
  expect(() => store.read(cellOf(changes))).toThrow(
    /_full_seed-1\.json is of other settings than the plan's; .*--output/,
  );
});

test('AutoAttack for other seeds changes nothing for this one', () => {
  const { store } = keptCell();
  expect(store.read(cellOf({ evaluation: { autoAttack: { seeds: [2] } } }))).toBeDefined();
});

test('a damaged file is told, and stays', () => {
  const { folder, store, file } = keptCell();
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));
  expect(() => store.read(cellOf())).toThrow(/seed-1\.json is damaged .*; delete it/);
  expect(() => completeCells(folder)).toThrow(/is damaged/);
  expect(existsSync(file)).toBe(true);
});
