import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectPaths } from '../../../clients/cli/cluster/project-paths.ts';
import { CellStore } from '../../../clients/cli/study/cell-store.ts';
import { committedStudy, jsonLine, plans, STUDY_RESULTS } from '../../bench/study.ts';
import { blockInReadme, readmeBlock } from '../../bench/study-readme.ts';

test("the README's study is that of the committed results; npm run bench -- study --readme makes it so", () => {
  expect(blockInReadme()).toBe(readmeBlock(committedStudy()));
});

test('the committed cells are of the committed plans, so that the study goes on from them', () => {
  const store = new CellStore(join(STUDY_RESULTS, 'cells'));
  const kept = plans().flatMap(({ cells }) => cells.filter((cell) => store.read(cell)?.complete));
  expect(kept.map(({ name, seed }) => `${name} ${seed}`)).toEqual(
    committedStudy().cells.map(({ run, seed }) => `${run.name} ${seed}`),
  );
});

test('the plots that the README shows are there', () => {
  const plots = [...blockInReadme().matchAll(/\]\((.+\.svg)\)/g)].map(([, path]) => path!);
  expect(plots).toHaveLength(2);
  for (const plot of plots) expect(existsSync(join(projectPaths().root, plot))).toBe(true);
});

test('a line of JSON holds what a program wants of a row', () => {
  const [full, ...others] = committedStudy().rows.map((row) => JSON.parse(jsonLine(row)));
  expect(full).toMatchObject({
    bench: 'study',
    row: 'cifar10/trades/full',
    dataset: 'cifar10',
    objective: 'trades',
    scorer: 'full',
    fraction: 1,
    bullet: false,
    speedup: 1,
  });
  expect(others.length).toBeGreaterThan(0);
  for (const row of others) {
    for (const name of ['clean', 'pgd', 'autoattack', 'seconds', 'passes', 'speedup']) {
      expect({ row: row.row, name, value: row[name] }).toMatchObject({ value: expect.any(Number) });
    }
  }
});
