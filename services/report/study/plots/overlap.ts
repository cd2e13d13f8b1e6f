import { formatNumber } from '../../format.ts';
import type { PlotSpec } from '../../plots/plot.ts';
import { PLOT_HEIGHT, PLOT_WIDTH } from '../../plots/theme.ts';
import { meanOverSeeds } from '../mean-over-seeds.ts';
import type { Panel, PanelRow } from '../panels.ts';
import { attackDash, attackOf, named, STACKED_LEGENDS, seriesScale } from './panel-scales.ts';

/** Jaccard index of each round's examples with the round's before, one line per pruned row. */
export function overlapPlot(panel: Panel): PlotSpec | null {
  const lines = panel.rows.map((row) => ({ row, points: overlapsOf(row) })).filter(({ points }) => points.length > 0);
  if (lines.length === 0) return null;
  const rows = lines.map(({ row }) => row);
  return {
    ...named(
      panel,
      'overlap',
      `Line chart of the Jaccard index of consecutive rounds. ${lines.map(describe).join(' ')}`,
    ),
    title: 'Overlap with the round before',
    caption: 'Jaccard index of the kept examples: 1 where a round keeps the same ones, lower the more it changes.',
    spec: {
      config: STACKED_LEGENDS,
      width: PLOT_WIDTH,
      height: PLOT_HEIGHT,
      data: {
        values: lines.flatMap(({ row, points }) =>
          points.map((point) => ({ row: row.label, series: row.series, attack: attackOf(row), ...point })),
        ),
      },
      mark: { type: 'line', point: { size: 30 } },
      encoding: {
        x: {
          field: 'round',
          type: 'quantitative',
          title: 'round, from 0',
          scale: { zero: false, nice: false, padding: 12 },
          axis: { tickMinStep: 1, format: 'd' },
        },
        y: { field: 'overlap', type: 'quantitative', title: 'overlap', scale: { domain: [0, 1] } },
        color: {
          field: 'series',
          type: 'nominal',
          title: 'kept by',
          scale: seriesScale(rows),
          legend: { symbolType: 'stroke', symbolSize: 300 },
        },
        strokeDash: attackDash(rows),
        detail: { field: 'row' },
      },
    },
  };
}

function overlapsOf({ cells }: PanelRow) {
  const measured = cells.map(({ rounds }) =>
    rounds.flatMap(({ round, overlap }) => (overlap === null ? [] : [{ round, overlap }])),
  );
  return meanOverSeeds(measured, 'round');
}

function describe({ row, points }: { row: PanelRow; points: readonly { overlap: number }[] }): string {
  const [first, last] = [points[0]!, points.at(-1)!];
  return `${row.label}: from ${formatNumber(first.overlap, 2)} to ${formatNumber(last.overlap, 2)}.`;
}
