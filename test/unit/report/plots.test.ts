import { createHash } from 'node:crypto';
import { Resvg } from '@resvg/resvg-js';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { Split } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { drawPlots } from '../../../services/report/plots/draw-plots.ts';
import { type Plot, pairRuns } from '../../../services/report/plots/plot.ts';
import { robustAccuracyPlot } from '../../../services/report/plots/robust-accuracy.ts';
import { COLOURS, SERIES } from '../../../services/report/plots/theme.ts';
import { type RunRecord, summarise } from '../../../services/report/summary.ts';
import { contrast } from './contrast.ts';
import { fullAndPruned, runRecord } from './sample-runs.ts';

const draw = (records: RunRecord[]) => drawPlots(summarise(records), records);
const NAMES = [
  'robust-accuracy',
  'training-loss',
  'cost-by-phase',
  'kept-per-class-adv-grad-match-30',
  'selection-quality',
];

describe('drawPlots', () => {
  it('draws every plot of a full and a pruned run, with its labels', async () => {
    const plots = await draw(fullAndPruned());
    expect(plots.map((plot) => plot.name)).toEqual(NAMES);
    for (const { svg, description } of plots) {
      expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(description.length).toBeGreaterThan(40);
    }
    const texts = plots.map(({ svg }) => [...svg.matchAll(/>([^<]+)<\/text>/g)].map((match) => match[1]));
    expect(texts[0]).toEqual(expect.arrayContaining(['full', 'adv-grad-match 30%', 'robust', 'clean']));
    expect(texts[2]).toEqual(expect.arrayContaining(['attack', 'update', 'scoring', 'waiting', 'publishing']));
    expect(texts[3]).toEqual(expect.arrayContaining(['0', '9', '8.5%', '13.0%']));
    expect(texts[4]).toEqual(expect.arrayContaining(['overlap with the last set', 'residual', 'effective share']));
    expect(plots[3]!.description).toContain('Smallest: 1 in round');
  });

  it('draws the same twice', async () => {
    const [first, second] = [await draw(fullAndPruned()), await draw(fullAndPruned())];
    // Comparing bytes one by one takes seconds.
    const comparable = (plots: Plot[]) =>
      plots.map(({ png, ...plot }) => ({ ...plot, png: png && createHash('sha256').update(png).digest('hex') }));
    expect(comparable(second)).toEqual(comparable(first));
  });

  it('draws PNGs of twice the size with text in them, where there are fonts', async () => {
    const hasFonts =
      new Resvg('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">x</text></svg>').getBBox() !== undefined;
    for (const { svg, png } of await draw(fullAndPruned())) {
      expect(png !== null).toBe(hasFonts);
      if (png === null) continue;
      const { width, format } = await sharp(png).metadata();
      expect([format, width]).toEqual(['png', 2 * Number(/ width="(\d+)"/.exec(svg)![1])]);
    }
  });

  it('says which examples were measured on the way', () => {
    const heldOut = runRecord({ name: 'with held-out examples' });
    for (const { evaluation } of heldOut.run.history) evaluation!.split = Split.VALIDATION;
    const captionOf = (records: RunRecord[]) =>
      robustAccuracyPlot(pairRuns(summarise(records), records))!.caption.split('. ')[0];
    expect(captionOf(fullAndPruned())).toMatch(/both on some of the test examples$/);
    expect(captionOf([heldOut])).toMatch(/both on held-out examples$/);
    expect(captionOf([heldOut, runRecord()])).toMatch(/both on held-out examples, or some of the test examples$/);
  });

  it('puts the final figures on the curve at the total time', () => {
    const records = fullAndPruned();
    const plot = robustAccuracyPlot(pairRuns(summarise(records), records));
    const { values } = (plot!.spec as unknown as { data: { values: Record<string, unknown>[] } }).data;
    expect(values).toHaveLength(2 * 2 * 10 + 2 * 2);
    expect(values.filter((point) => point.final && point.kind === 'robust')).toEqual([
      { run: 'full', seconds: 408.1, kind: 'robust', accuracy: 0.903, final: true },
      { run: 'adv-grad-match 30%', seconds: 193.5, kind: 'robust', accuracy: 0.881, final: true },
    ]);
  });

  it('leaves out plots without data, and numbers that are not finite', async () => {
    const alone = await draw([runRecord()]);
    expect(alone.map((plot) => plot.name)).toEqual(NAMES.slice(0, 3));
    const record = runRecord({ result: undefined });
    for (const epoch of record.run.history) {
      epoch.loss = Number.NaN;
      epoch.evaluation = undefined;
    }
    expect((await draw([record])).map((plot) => plot.name)).toEqual(['cost-by-phase']);
    expect(await draw([])).toEqual([]);
  });

  it('draws one round, one epoch and a hundred classes', async () => {
    const record = runRecord({ pruned: true });
    record.run.history = record.run.history.slice(0, 1);
    record.run.rounds = record.run.rounds.slice(0, 1);
    record.run.rounds[0]!.quality!.keptPerClass = Array.from({ length: 100 }, (_, c) => 10 + ((c * 37) % 100));
    record.run.dataset!.classNames = Array.from({ length: 100 }, (_, c) => `class ${c}`);
    const plots = await draw([record]);
    const heatMap = plots.find((plot) => plot.name.startsWith('kept-per-class'))!;
    expect(heatMap.caption).toContain('the 20 classes with the least and the 20 with the most of all 100');
    expect(heatMap.svg.match(/>class \d+<\/text>/g)).toHaveLength(40);
    for (const { svg } of plots) expect(svg).not.toMatch(/NaN/);
  });

  it('writes hostile names as text only, in well-formed SVG', async () => {
    const name = `"]<script>'+alert(1)//\u0007`;
    const record = runRecord({ pruned: true, name });
    record.run.dataset!.classNames[0] = `</text>\u0000'"+x`;
    for (const { svg, name: file } of await draw([record])) {
      expect(svg).not.toContain('<script');
      expect(() => new Resvg(svg)).not.toThrow();
      expect(file).toMatch(/^[\w.-]+$/);
    }
  });
});

describe('the colours of plots', () => {
  it('stand out from white: text by 4.5, lines and bars by 3', () => {
    expect(contrast(COLOURS.ink, COLOURS.paper)).toBeGreaterThan(4.5);
    expect(contrast(COLOURS.muted, COLOURS.paper)).toBeGreaterThan(4.5);
    for (const colour of SERIES) expect(contrast(colour, COLOURS.paper)).toBeGreaterThan(3);
  });
});
