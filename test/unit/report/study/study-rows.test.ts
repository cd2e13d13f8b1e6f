import { describe, expect, it } from 'vitest';
import { cellSchema } from '../../../../services/report/study/cell.ts';
import { figure, mainEvaluation, studyRows } from '../../../../services/report/study/study-rows.ts';
import { sampleCell, sampleCells } from './sample-study.ts';

const pruned = { scorer: 'adv-grad-match', fraction: 0.3 };

describe('figure', () => {
  it('is the mean and the sample standard deviation of what is known', () => {
    expect(figure([2, null, 4, undefined, 9])).toEqual({ mean: 5, spread: Math.sqrt((9 + 1 + 16) / 2) });
    expect(figure([0.4])).toEqual({ mean: 0.4, spread: null });
    expect(figure([0.4, 0.4])).toEqual({ mean: 0.4, spread: 0 });
    expect(figure([null, undefined])).toEqual({ mean: null, spread: null });
    expect(figure([])).toEqual({ mean: null, spread: null });
  });
});

describe('mainEvaluation', () => {
  it('is that of the best model, else of the last', () => {
    const cell = sampleCell();
    expect(mainEvaluation(cell)?.model).toBe('best');
    expect(mainEvaluation({ ...cell, evaluations: cell.evaluations.toReversed() })?.model).toBe('best');
    expect(mainEvaluation({ ...cell, evaluations: cell.evaluations.slice(1) })?.model).toBe('last');
    expect(mainEvaluation({ ...cell, evaluations: [] })).toBeUndefined();
  });
});

describe('studyRows', () => {
  it('makes one row of all seeds, in the order of first cells', () => {
    const cells = sampleCells();
    for (const cell of cells) expect(cellSchema.parse(cell)).toEqual(cell);
    const rows = studyRows(cells);
    expect(rows.map(({ name, seeds }) => [name, seeds])).toEqual(
      [
        'full',
        'full/bullet',
        'full/short-0.3',
        'random/0.3',
        'random/0.3/bullet',
        'adv-grad-match/0.3',
        'adv-grad-match/0.3/bullet',
        'adv-glister/0.3',
        'adv-glister/0.3/bullet',
      ].map((name) => [`cifar10/trades/${name}`, [1, 2, 3]]),
    );
  });

  it('compares with the full data of the same seed, then takes the mean', () => {
    const [, row] = studyRows([
      sampleCell({ seed: 1, seconds: 1000, pgd: 0.44 }),
      sampleCell({ seed: 2, seconds: 3000, pgd: 0.46 }),
      sampleCell({ ...pruned, seed: 1, seconds: 500, pgd: 0.43 }),
      sampleCell({ ...pruned, seed: 2, seconds: 1000, pgd: 0.47 }),
    ]);
    // 1000 / 500 = 2 and 3000 / 1000 = 3; the means' ratio would be 2.67.
    expect(row!.speedup.mean).toBeCloseTo(2.5, 12);
    expect(row!.speedup.spread).toBeCloseTo(Math.SQRT1_2, 12);
    expect(row!.speedupPasses.mean).toBeCloseTo(2.5, 3);
    expect(row!.pgdDifference.mean).toBeCloseTo(0, 12);
    expect(row!.pgdDifference.spread).toBeCloseTo(Math.hypot(0.01, 0.01), 12);
    expect(row!.seconds).toEqual({ mean: 750, spread: Math.sqrt(2 * 250 ** 2) });
  });

  it('leaves a seed out whose full data is missing, and says nothing without any', () => {
    const rows = studyRows([
      sampleCell({ seed: 1, seconds: 1000 }),
      sampleCell({ ...pruned, seed: 1, seconds: 500 }),
      sampleCell({ ...pruned, seed: 2, seconds: 1 }),
      sampleCell({ ...pruned, objective: 'mart', seed: 1 }),
    ]);
    expect(rows[1]!.speedup).toEqual({ mean: 2, spread: null });
    expect(rows[1]!.pgdDifference.spread).toBeNull();
    const nothing = { mean: null, spread: null };
    expect(rows[2]).toMatchObject({ speedup: nothing, speedupPasses: nothing, pgdDifference: nothing });
    expect(rows[2]!.pgd.mean).not.toBeNull();
  });

  it('gives the baseline itself a speed-up of 1 and no difference', () => {
    const [row] = studyRows([sampleCell({ seed: 1 }), sampleCell({ seed: 2 })]);
    expect(row!.speedup).toEqual({ mean: 1, spread: 0 });
    expect(row!.pgdDifference).toEqual({ mean: 0, spread: 0 });
  });

  it('has no figure for what was not measured', () => {
    const [row] = studyRows([sampleCell({ autoAttack: false, last: false })]);
    expect(row!.autoAttack.mean).toBeNull();
    expect(row!.lastPgd.mean).toBeNull();
    const bare = studyRows([{ ...sampleCell(), evaluations: [] }]);
    expect(bare[0]).toMatchObject({ clean: { mean: null }, pgd: { mean: null }, pgdDifference: { mean: null } });
  });

  it('takes AutoAttack of the seeds that have it', () => {
    const cells = [1, 2].map((seed) => sampleCell({ seed, pgd: 0.4 + seed / 100, autoAttack: seed === 2 }));
    const [row] = studyRows(cells);
    expect(row!.autoAttack).toEqual({ mean: expect.closeTo(0.4, 12), spread: null });
  });
});
