import { formatShare } from '../../format.ts';
import type { PlotSpec } from '../../plots/plot.ts';
import { COLOURS } from '../../plots/theme.ts';
import { printable } from '../../printable.ts';
import { meanOverSeeds, type Place } from '../mean-over-seeds.ts';
import type { Panel, PanelRow } from '../panels.ts';
import { seriesOf } from '../row-label.ts';
import { named } from './panel-scales.ts';

/** Bullet-Train's groups, by how much of the attack their examples get (Hua 2021). */
const GROUPS = ['outlier', 'boundary', 'robust'] as const;
const COLOUR_OF = [COLOURS['series-2'], COLOURS['series-1'], COLOURS['series-3']];

/** Panels side by side; three of them with their axes are as wide as the other plots. */
const COLUMNS = 3;
const PANEL_WIDTH = 152;
const PANEL_HEIGHT = 110;

/** Shares of Bullet-Train's groups over epochs, stacked, one small plot per row. */
export function attackGroupsPlot(panel: Panel): PlotSpec | null {
  const rows = panel.rows.map((row) => ({ row, epochs: sharesOf(row) })).filter(({ epochs }) => epochs.length > 0);
  if (rows.length === 0) return null;
  // An area over a single epoch has no width.
  const single = rows.every(({ epochs }) => epochs.length === 1);
  return {
    ...named(
      panel,
      'attack-groups',
      `Stacked areas of the shares of outlier, boundary and robust examples over epochs. ${rows.map(describe).join(' ')}`,
    ),
    title: "Bullet-Train's groups",
    caption: 'Shares of the examples trained on: outliers and robust ones are attacked less, boundary ones in full.',
    spec: {
      columns: COLUMNS,
      spacing: 16,
      concat: rows.map(({ row, epochs }, i) => small(nameOf(row), epochs, single, i % COLUMNS === 0)),
    },
  };
}

/** The plot of one row; only the first in a line has the axis of shares. */
function small(title: string, epochs: readonly Shares[], single: boolean, first: boolean) {
  return {
    title: { text: title, fontSize: 12, fontWeight: 'normal' as const, color: COLOURS.ink },
    width: PANEL_WIDTH,
    height: PANEL_HEIGHT,
    data: {
      values: epochs.flatMap(({ epoch, ...shares }) =>
        GROUPS.map((group, order) => ({ epoch: epoch + 1, group, order, share: shares[group] })),
      ),
    },
    mark: { type: single ? ('bar' as const) : ('area' as const) },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative' as const,
        title: 'epoch',
        scale: { zero: false, nice: false },
        axis: { tickMinStep: 1, format: 'd', tickCount: 4, grid: false },
      },
      y: {
        field: 'share',
        type: 'quantitative' as const,
        title: first ? 'share' : null,
        axis: { format: '.0%', tickCount: 3, labels: first, ticks: first, labelFlush: true },
      },
      color: {
        field: 'group',
        type: 'nominal' as const,
        title: null,
        scale: { domain: [...GROUPS], range: COLOUR_OF },
        legend: { columns: GROUPS.length },
      },
      order: { field: 'order', type: 'quantitative' as const },
    },
  };
}

/** All rows here have Bullet-Train, so its name would only repeat itself. */
function nameOf({ row }: PanelRow): string {
  return printable(seriesOf(row));
}

interface Shares extends Place {
  epoch: number;
  outlier: number;
  boundary: number;
  robust: number;
}

function sharesOf({ cells }: PanelRow): Shares[] {
  const seeds = cells.map(({ epochs }) =>
    epochs.flatMap(({ epoch, groups }): Shares[] => {
      const counts = GROUPS.map((group) => groups[group] ?? 0);
      const total = counts.reduce((sum, count) => sum + count, 0);
      if (total === 0) return [];
      const [outlier, boundary, robust] = counts.map((count) => count / total) as [number, number, number];
      return [{ epoch, outlier, boundary, robust }];
    }),
  );
  return meanOverSeeds(seeds, 'epoch');
}

function describe({ row, epochs }: { row: PanelRow; epochs: readonly Shares[] }): string {
  const last = epochs.at(-1)!;
  return `${nameOf(row)}, last epoch: ${GROUPS.map((group) => `${group} ${formatShare(last[group])}`).join(', ')}.`;
}
