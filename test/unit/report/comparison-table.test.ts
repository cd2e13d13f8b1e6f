import { describe, expect, it } from 'vitest';
import { comparisonTable } from '../../../services/report/comparison-table.ts';
import { summarise } from '../../../services/report/summary.ts';
import { fullAndPruned, PGD_10, runRecord } from './sample-runs.ts';

const PLAIN = { width: 80, colour: false };

/** The cells right of a row's label. */
function cellsOf(table: string, label: string): string[] {
  const line = table.split('\n').find((candidate) => candidate.startsWith(`|   ${label} `));
  return (line ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

describe('comparisonTable', () => {
  it('puts every figure beside its label', () => {
    const table = comparisonTable(summarise(fullAndPruned()), PLAIN);
    const expected: Record<string, string[]> = {
      scorer: ['full', 'adv-grad-match'],
      'kept share': ['100 %', '30 %'],
      epochs: ['10', '10'],
      clean: ['98.2 %', '97.1 %'],
      'robust PGD-10 eps 0.3': ['90.3 %', '88.1 %'],
      attack: ['304 s', '129 s'],
      scoring: ['0 s', '17.2 s'],
      publishing: ['0 s', '0.90 s'],
      total: ['408 s', '194 s'],
      backward: ['720 k', '351 k'],
      'by seconds': ['baseline', '2.1x'],
      'by passes': ['baseline', '2.1x'],
    };
    for (const [label, cells] of Object.entries(expected))
      expect([label, ...cellsOf(table, label)]).toEqual([label, ...cells]);
  });

  it('is ASCII without escapes when plain, and coloured boxes otherwise', () => {
    const summary = summarise([runRecord({ name: 'größe \u001b[31m' }), runRecord({ pruned: true })]);
    expect(comparisonTable(summary, PLAIN)).toMatch(/^[\x20-\x7e\n]+$/);
    const coloured = comparisonTable(summary, { width: 80, colour: true });
    expect(coloured).toContain('größe [31m');
    expect(coloured).toContain('┌');
  });

  it.each([2, 3, 4, 5, 6])('fits %i runs into 80 and 100 columns', (count) => {
    const records = Array.from({ length: count }, (_, i) =>
      runRecord({ pruned: i > 0, name: `adv-grad-match-no-${i}` }),
    );
    for (const width of [80, 100]) {
      const table = comparisonTable(summarise(records), { width, colour: false });
      expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
      expect(table.match(/baseline|2\.1x/g)).toHaveLength(2 * count);
      expect(table).not.toContain('…');
    }
  });

  it('names each attack where they differ, with its exact radius', () => {
    const other = runRecord({
      pruned: true,
      result: { robustAccuracy: 0.8, attack: { ...PGD_10, epsilon: 8 / 255 }, attackName: 'PGD-10' },
    });
    const table = comparisonTable(summarise([runRecord(), other]), PLAIN);
    expect(cellsOf(table, 'robust')).toEqual(['90.3 %', '80.0 %']);
    expect(table).toMatch(/attack +\| +PGD-10 eps 0\.3 \| +PGD-10 eps 8\/255 \|/);
  });

  it('shows the best epoch beside the last where a run has one, and no row of it else', () => {
    const best = { epoch: 6, result: { cleanAccuracy: 0.975, robustAccuracy: 0.912 } };
    const table = comparisonTable(summarise([runRecord(), runRecord({ pruned: true, best })]), PLAIN);
    expect(cellsOf(table, 'best epoch')).toEqual(['-', '7']);
    expect(cellsOf(table, 'best epoch, clean')).toEqual(['-', '97.5 %']);
    expect(cellsOf(table, 'best epoch, robust')).toEqual(['-', '91.2 %']);
    expect(cellsOf(table, 'robust PGD-10 eps 0.3')).toEqual(['90.3 %', '88.1 %']);
    expect(comparisonTable(summarise(fullAndPruned()), PLAIN)).not.toContain('best epoch');
  });

  it('says so where there is no run', () => {
    expect(comparisonTable(summarise([]), PLAIN)).toBe('No runs to compare.');
  });
});
