import { Resvg } from '@resvg/resvg-js';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Plot, PlotSpec } from '../../../../services/report/plots/plot.ts';
import { COLOURS } from '../../../../services/report/plots/theme.ts';
import type { Cell } from '../../../../services/report/study/cell.ts';
import { studyPanels } from '../../../../services/report/study/panels.ts';
import { drawPanelPlots } from '../../../../services/report/study/plots/draw-study-plots.ts';
import { keptSharePlot } from '../../../../services/report/study/plots/kept-share.ts';
import { learningCurvesPlot } from '../../../../services/report/study/plots/learning-curves.ts';
import { timeRobustPlot } from '../../../../services/report/study/plots/time-robust.ts';
import { studyRows } from '../../../../services/report/study/study-rows.ts';
import { sampleCell, sampleCells } from './sample-study.ts';

const panelOf = (cells: readonly Cell[]) => studyPanels(studyRows(cells), cells)[0]!;
const draw = (cells: readonly Cell[]) => drawPanelPlots(panelOf(cells));
const textsOf = ({ svg }: Plot) => [...svg.matchAll(/>([^<]+)<\/text>/g)].map((match) => match[1]);
const valuesOf = (plot: PlotSpec | null) =>
  (plot!.spec as unknown as { data: { values: Record<string, unknown>[] } }).data.values;

const KINDS = ['time-robust', 'learning-curves', 'kept-share', 'overlap', 'attack-groups'];
const ROWS = ['full', 'full, 30 % of the epochs', 'random', 'adv-grad-match', 'adv-glister'];
const pruned = { scorer: 'adv-grad-match', fraction: 0.3 };

describe('drawPanelPlots', () => {
  it('draws every plot, with its labels and a description of every row', async () => {
    const plots = await draw(sampleCells());
    expect(plots.map(({ name }) => name)).toEqual(KINDS.map((kind) => `${kind}-cifar10-trades-0.3`));
    for (const { svg, description } of plots) {
      expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
      expect(() => new Resvg(svg)).not.toThrow();
      expect(description).toMatch(/^TRADES on cifar10, 30 % kept\. .{80}/);
    }
    const [time, curves, kept, overlap, groups] = plots.map(textsOf);
    expect(time).toEqual(expect.arrayContaining([...ROWS, 'scorer + Bullet-Train', 'control + Bullet-Train']));
    expect(curves).toEqual(expect.arrayContaining([...ROWS, 'every example in full', 'Bullet-Train']));
    expect(kept).toEqual(expect.arrayContaining(['adv-grad-match + Bullet-Train', 'airplane', 'truck']));
    expect(overlap).toEqual(expect.arrayContaining(ROWS.slice(2)));
    expect(groups).toEqual(expect.arrayContaining(['outlier', 'boundary', 'robust', 'full', 'adv-glister']));
    for (const row of ROWS) expect(plots[0]!.description).toContain(`${row}: PGD 4`);
  });

  it('gives a row the same colour in every plot', async () => {
    const [time, curves, , overlap] = await draw(sampleCells('trades', [1]));
    for (const { svg } of [time!, curves!, overlap!]) {
      expect(svg).toContain(COLOURS['series-1']);
      expect(svg).toContain(COLOURS['series-2']);
      expect(svg).not.toContain(COLOURS['series-3']);
    }
  });

  it('draws PNGs of twice the size, where there are fonts', async () => {
    for (const { svg, png } of await draw([sampleCell(), sampleCell(pruned)])) {
      if (png === null) continue;
      const { width } = await sharp(png).metadata();
      expect(width).toBe(2 * Number(/ width="(\d+)"/.exec(svg)![1]));
    }
  });

  it('leaves out plots without data', async () => {
    const names = async (cells: Cell[]) =>
      (await draw(cells)).map(({ name }) => KINDS.find((kind) => name.startsWith(kind)));
    expect(await names([sampleCell()])).toEqual(KINDS.slice(0, 2));
    expect(await names([sampleCell(), sampleCell(pruned)])).toEqual(KINDS.slice(0, 4));
    expect(await names([sampleCell({ bullet: true })])).toEqual(['time-robust', 'learning-curves', 'attack-groups']);
    expect(await names([{ ...sampleCell(), evaluations: [], epochs: [] }])).toEqual([]);
  });

  it('draws one epoch, one round and a hundred classes', async () => {
    const cell = sampleCell({ ...pruned, bullet: true });
    const kept = Array.from({ length: 100 }, (_, label) => 1 + ((label * 37) % 100));
    const plots = await draw([
      {
        ...cell,
        epochs: cell.epochs.filter(({ robust }) => robust !== null).slice(0, 1),
        rounds: [{ ...cell.rounds[1]!, keptPerClass: kept }],
        classNames: kept.map((_, label) => `class ${label}`),
      },
    ]);
    expect(plots).toHaveLength(5);
    for (const { svg } of plots) expect(svg).not.toMatch(/NaN/);
    expect(plots[2]!.caption).toContain('the 6 classes kept least and the 6 kept most of all 100');
    expect(plots[2]!.svg.match(/>class \d+<\/text>/g)).toHaveLength(12);
  });

  it('writes hostile names as text only, in well-formed SVG', async () => {
    const cell = sampleCell({ ...pruned, scorer: `"]<script>'+alert(1)//\u0007`, bullet: true });
    const plots = await draw([
      sampleCell(),
      { ...cell, classNames: ["</text>\u0000'+x", ...cell.classNames.slice(1)] },
    ]);
    for (const { svg, name } of plots) {
      expect(svg).not.toContain('<script');
      expect(() => new Resvg(svg)).not.toThrow();
      expect(name).toMatch(/^[\w.-]+$/);
    }
  });
});

describe('timeRobustPlot', () => {
  it('has a point per row under PGD, with its spread, and another under AutoAttack where there is one', () => {
    const cells = [0.43, 0.45].flatMap((pgd, i) => [
      sampleCell({ seed: i + 1, seconds: 1000, autoAttack: false }),
      sampleCell({ ...pruned, seed: i + 1, seconds: 300 + 200 * i, pgd, autoAttack: i === 0 }),
    ]);
    const points = valuesOf(timeRobustPlot(panelOf(cells)));
    expect(points.map(({ series, kind, measure }) => [series, kind, measure])).toEqual([
      ['full', 'control', 'PGD'],
      ['adv-grad-match', 'scorer', 'PGD'],
      ['adv-grad-match', 'scorer', 'AutoAttack'],
    ]);
    const close = (value: number) => expect.closeTo(value, 12);
    expect(points[1]).toMatchObject({
      accuracy: close(0.44),
      high: close(0.44 + Math.SQRT1_2 * 0.02),
      seconds: close(400),
      early: close(400 - Math.SQRT1_2 * 200),
    });
    expect(points[2]).toMatchObject({ accuracy: close(0.41), low: close(0.41), high: close(0.41) });
  });

  it('speaks of AutoAttack and of spread only where there are any', () => {
    const caption = (...cells: Cell[]) => timeRobustPlot(panelOf(cells))!.caption;
    expect(caption(sampleCell(), sampleCell({ seed: 2 }))).toMatch(/Hollow: AutoAttack.*Bars: standard deviation/);
    expect(caption(sampleCell({ autoAttack: false }))).not.toMatch(/AutoAttack|Bars/);
  });
});

describe('learningCurvesPlot', () => {
  it('is the mean over seeds, on the examples that it names', () => {
    const cells = [1, 2].map((seed) => sampleCell({ seed, seconds: seed * 400 }));
    const plot = learningCurvesPlot(panelOf(cells));
    expect(plot!.caption).toContain('Measured on held-out examples.');
    const points = valuesOf(plot);
    expect(points).toHaveLength(20);
    expect(points.at(-1)).toMatchObject({ epoch: 39, seconds: expect.closeTo(600, 9), series: 'full' });
  });
});

describe('keptSharePlot', () => {
  it('takes the mean share over rounds and seeds', () => {
    const withRounds = (seed: number, ...kept: number[][]) => {
      const cell = sampleCell({ ...pruned, seed });
      return {
        ...cell,
        classNames: ['a', 'b'],
        rounds: kept.map((keptPerClass, round) => ({ ...cell.rounds[0]!, round, keptPerClass })),
      };
    };
    const cells = [withRounds(1, [10, 30], [5, 5]), withRounds(2, [40, 0])];
    const values = valuesOf(keptSharePlot(panelOf(cells)));
    expect(values.map(({ class: name, share }) => [name, share])).toEqual([
      ['a', expect.closeTo((0.25 + 0.5 + 1) / 3, 12)],
      ['b', expect.closeTo((0.75 + 0.5 + 0) / 3, 12)],
    ]);
  });
});
