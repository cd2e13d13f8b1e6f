import { formatAccuracy } from '../../format.ts';
import type { PlotSpec } from '../../plots/plot.ts';
import { PLOT_WIDTH } from '../../plots/theme.ts';
import { meanOverSeeds } from '../mean-over-seeds.ts';
import type { Panel, PanelRow } from '../panels.ts';
import { attackDash, attackOf, named, STACKED_LEGENDS, seriesScale } from './panel-scales.ts';

const HEIGHT = 320;

/** Robust accuracy on the way against training seconds, one line per row: the time-to-accuracy curves. */
export function learningCurvesPlot(panel: Panel): PlotSpec | null {
  const lines = panel.rows.map((row) => ({ row, points: curveOf(row) })).filter(({ points }) => points.length > 0);
  if (lines.length === 0) return null;
  const rows = lines.map(({ row }) => row);
  return {
    ...named(
      panel,
      'learning-curves',
      `Line chart of robust accuracy against training seconds. ${lines.map(({ row, points }) => `${row.label} ends at ${formatAccuracy(points.at(-1)!.robust)}.`).join(' ')}`,
    ),
    title: 'Robust accuracy while training',
    caption: `Measured on ${measuredOn(rows)}. ${LINES}`,
    spec: {
      config: STACKED_LEGENDS,
      width: PLOT_WIDTH,
      height: HEIGHT,
      data: {
        values: lines.flatMap(({ row, points }) =>
          points.map((point) => ({ row: row.label, series: row.series, attack: attackOf(row), ...point })),
        ),
      },
      mark: { type: 'line', point: { size: 18 }, strokeWidth: 1.75 },
      encoding: {
        x: {
          field: 'seconds',
          type: 'quantitative',
          title: 'training time, scoring included (s)',
          scale: { zero: true },
        },
        y: {
          field: 'robust',
          type: 'quantitative',
          title: 'robust accuracy',
          scale: { zero: false, nice: true },
          axis: { format: '.1~%' },
        },
        color: {
          field: 'series',
          type: 'nominal',
          title: 'trained on',
          scale: seriesScale(rows),
          legend: { symbolType: 'stroke', symbolSize: 300 },
        },
        strokeDash: attackDash(rows),
        detail: { field: 'row' },
      },
    },
  };
}

const LINES = 'One line per row, over seeds the mean; the first seed where others were measured at other epochs.';

function curveOf({ cells }: PanelRow) {
  const measured = cells.map(({ epochs }) =>
    epochs.flatMap(({ epoch, seconds, robust }) => (robust === null ? [] : [{ epoch, seconds, robust }])),
  );
  return meanOverSeeds(measured, 'epoch');
}

function measuredOn(rows: readonly PanelRow[]): string {
  const splits = new Set(rows.flatMap(({ cells }) => cells.flatMap(({ epochs }) => epochs.map(({ split }) => split))));
  if (!splits.has('validation')) return 'test examples';
  return splits.has('test') ? 'held-out examples, or test examples where none were held out' : 'held-out examples';
}
