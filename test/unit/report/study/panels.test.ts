import { describe, expect, it } from 'vitest';
import { type Panel, studyPanels } from '../../../../services/report/study/panels.ts';
import { rowColours } from '../../../../services/report/study/row-label.ts';
import { studyRows } from '../../../../services/report/study/study-rows.ts';
import { type CellChanges, sampleCell, sampleCells } from './sample-study.ts';

function panelsOf(cells: ReturnType<typeof sampleCells>): Panel[] {
  return studyPanels(studyRows(cells), cells);
}
const cells = (...changes: CellChanges[]) => changes.map((change) => sampleCell(change));
const labels = ({ rows }: Panel) => rows.map(({ label }) => label);

describe('studyPanels', () => {
  it('puts the rows of one objective and share beside full data', () => {
    const panels = panelsOf([...sampleCells('trades'), ...sampleCells('mart', [1], 0.5)]);
    expect(panels.map(({ title, fileStem }) => [title, fileStem])).toEqual([
      ['TRADES on cifar10, 30 % kept', 'cifar10-trades-0.3'],
      ['MART on cifar10, 50 % kept', 'cifar10-mart-0.5'],
    ]);
    expect(labels(panels[0]!)).toEqual([
      'full',
      'full + Bullet-Train',
      'full, 30 % of the epochs',
      'random',
      'random + Bullet-Train',
      'adv-grad-match',
      'adv-grad-match + Bullet-Train',
      'adv-glister',
      'adv-glister + Bullet-Train',
    ]);
    expect(panels[0]!.baseline?.label).toBe('full');
    expect(panels[0]!.rows.map((row) => row.cells.map(({ seed }) => seed))).toEqual(Array(9).fill([1, 2, 3]));
  });

  it('repeats full data in the panel of each share, with the control of that share alone', () => {
    const panels = panelsOf(
      cells(
        {},
        { epochsShare: 0.1 },
        { scorer: 'el2n', fraction: 0.1 },
        { epochsShare: 0.5 },
        { scorer: 'el2n', fraction: 0.5 },
      ),
    );
    expect(panels.map(labels)).toEqual([
      ['full', 'full, 10 % of the epochs', 'el2n'],
      ['full', 'full, 50 % of the epochs', 'el2n'],
    ]);
  });

  it('shows full data by itself where nothing is pruned, and rows without full data', () => {
    expect(panelsOf(cells({}, { bullet: true })).map(labels)).toEqual([['full', 'full + Bullet-Train']]);
    const [alone] = panelsOf(cells({ scorer: 'el2n', fraction: 0.3 }));
    expect(labels(alone!)).toEqual(['el2n']);
    expect(alone!.baseline).toBeUndefined();
    expect(panelsOf([])).toEqual([]);
  });

  it('shows another objective of which there is full data only beside all others', () => {
    const panels = panelsOf([
      ...sampleCells('trades', [1]),
      ...cells({ objective: 'fast-at' }, { objective: 'fast-at', dataset: 'mnist' }),
    ]);
    expect(panels.map(({ title }) => title)).toEqual(['TRADES on cifar10, 30 % kept', 'FAST-AT on mnist']);
    const [{ rows, baseline }] = panels as [Panel, Panel];
    expect(rows.at(-1)!.label).toBe('FAST-AT, full');
    expect(rows.at(-1)!.row.objective).toBe('fast-at');
    expect(new Set(rows.map(({ colour }) => colour)).size).toBe(6);
    expect(baseline?.row.objective).toBe('trades');
  });

  it('keeps data sets apart, and gives hostile names safe files', () => {
    const panels = panelsOf(cells({ dataset: '../x' }, { dataset: '..\\X' }, { dataset: 'cifar100' }));
    expect(panels).toHaveLength(3);
    for (const { fileStem } of panels) expect(fileStem).toMatch(/^[\w-][\w.-]*$/);
    expect(new Set(panels.map(({ fileStem }) => fileStem.toLowerCase())).size).toBe(3);
  });
});

describe('rowColours', () => {
  it('gives a row its colour in every panel, with and without Bullet-Train', () => {
    const panels = panelsOf([...sampleCells('trades', [1], 0.3), ...sampleCells('mart', [1], 0.1)]);
    const colours = panels.map(({ rows }) => new Map(rows.map(({ row, colour }) => [row.scorer + row.bullet, colour])));
    for (const name of ['adv-glistertrue', 'adv-glisterfalse', 'randomtrue'])
      expect(colours[0]!.get(name)).toBe(colours[1]!.get(name));
    expect(colours[0]!.get('adv-glistertrue')).toBe(colours[0]!.get('adv-glisterfalse'));
    expect(new Set(panels[0]!.rows.map(({ colour }) => colour)).size).toBe(5);
  });

  it('tells six scorers and the controls apart, and starts again with more', () => {
    const row = (scorer: string, epochsShare = 1) => ({ ...sampleCell().row, scorer, epochsShare });
    const scorers = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => row(name));
    const colourOf = rowColours(scorers);
    const all = [row('full'), row('full', 0.3), row('random'), ...scorers.slice(0, 6)].map(colourOf);
    expect(new Set(all).size).toBe(9);
    expect(colourOf(scorers[6]!)).toBe(colourOf(scorers[0]!));
  });
});
