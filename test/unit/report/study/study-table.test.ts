import { describe, expect, it } from 'vitest';
import { studyRows } from '../../../../services/report/study/study-rows.ts';
import { studyMarkdown, studyTable } from '../../../../services/report/study/study-table.ts';
import { sampleCell } from './sample-study.ts';

const rows = studyRows([
  sampleCell({ seed: 1, pgd: 0.44, seconds: 1000 }),
  sampleCell({ seed: 2, pgd: 0.46, seconds: 1000, last: false }),
  sampleCell({ scorer: 'random', fraction: 0.3, seed: 1, pgd: 0.4, seconds: 400, autoAttack: false }),
]);

describe('studyMarkdown', () => {
  it('is a table of all rows with their figures', () => {
    expect(studyMarkdown(rows).split('\n')).toEqual([
      '| row | seeds | clean | PGD | AutoAttack | seconds | passes | speed-up | by passes |',
      '| --- | --: | --: | --: | --: | --: | --: | --: | --: |',
      '| cifar10/trades/full | 2 | 74.0 ± 1.4 | 45.0 ± 1.4 | 42.0 | 1000 ± 0 | 1.30 M ± 0.00 M | 1 | 1 |',
      '| cifar10/trades/random/0.3 | 1 | 69.0 | 40.0 | - | 400 | 0.52 M | 2.50 | 2.50 |',
    ]);
  });

  it('has a head without rows', () => {
    expect(studyMarkdown([]).split('\n')).toHaveLength(2);
  });
});

describe('studyTable', () => {
  it('is plain ASCII, a line for each row, in columns', () => {
    const lines = studyTable(rows).split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]*$/);
    expect(lines[1]).toMatch(/^ ?cifar10\/trades\/full .* 45\.0 \+- 1\.4 /);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('says where there is nothing yet', () => {
    expect(studyTable([])).toBe('No row is complete yet.');
  });
});
