import { formatShare } from '../../format.ts';
import { CELL_NUMBERS, classNames, RAMP } from '../../plots/kept-per-class.ts';
import type { PlotSpec } from '../../plots/plot.ts';
import { COLOURS } from '../../plots/theme.ts';
import { printable } from '../../printable.ts';
import type { Panel, PanelRow } from '../panels.ts';
import { named } from './panel-scales.ts';

/** With more classes than this only those kept least and most are drawn, so that cells stay wide enough for a number. */
const MAX_CLASSES = 12;
const CELL_WIDTH = 48;
const CELL_HEIGHT = 26;
/** Room for the longest row; text is measured without fonts, by the letter, and so taken for wider than it is. */
const LABEL_LIMIT = 460;

/** Heat map of the share of the kept examples that each class holds, a row for each scorer, over all rounds and seeds. */
export function keptSharePlot(panel: Panel): PlotSpec | null {
  const pruned = panel.rows.map((row) => ({ row, shares: classShares(row) })).filter(({ shares }) => shares.length > 0);
  if (pruned.length === 0) return null;
  const all = Math.max(...pruned.map(({ shares }) => shares.length));
  const classes = classesToDraw(
    pruned.map(({ shares }) => shares),
    all,
  );
  const names = classNames(namesOf(pruned[0]!.row), classes);
  const values = pruned.flatMap(({ row, shares }) =>
    classes.map((label, i) => ({ row: row.label, class: names[i]!, share: shares[label] ?? 0 })),
  );
  return {
    ...named(
      panel,
      'kept-share',
      `Heat map of the share of kept examples by class. ${pruned.map(({ row }) => describe(row.label, values)).join(' ')}`,
    ),
    title: 'Classes of the kept examples',
    caption: captionOf(classes.length, all),
    spec: {
      width: { step: CELL_WIDTH },
      height: { step: CELL_HEIGHT },
      data: { values },
      encoding: {
        x: {
          field: 'class',
          type: 'ordinal',
          title: null,
          sort: names,
          axis: { orient: 'top', labelAngle: names.some((name) => name.length > 6) ? -35 : 0, ...PLAIN },
        },
        y: {
          field: 'row',
          type: 'ordinal',
          title: null,
          sort: pruned.map(({ row }) => row.label),
          axis: { ...PLAIN, labelLimit: LABEL_LIMIT },
        },
      },
      layer: [
        {
          mark: { type: 'rect', stroke: COLOURS.paper, strokeWidth: 1 },
          encoding: {
            color: { field: 'share', type: 'quantitative', scale: { range: RAMP, zero: false }, legend: null },
          },
        },
        CELL_NUMBERS,
      ],
    },
  };
}

const PLAIN = { ticks: false, domain: false } as const;

/** Share of each label, the mean over a row's rounds and seeds; empty for a row that is not pruned. */
function classShares({ cells }: PanelRow): number[] {
  const rounds = cells.flatMap(({ rounds: made }) => made.map(({ keptPerClass }) => keptPerClass));
  const counted = rounds.filter((kept) => kept.some((count) => count > 0));
  const classes = Math.max(0, ...counted.map((kept) => kept.length));
  return Array.from({ length: classes }, (_, label) => {
    const shares = counted.map((kept) => (kept[label] ?? 0) / kept.reduce((sum, count) => sum + count, 0));
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  });
}

/** All labels, or those that any row keeps least and most of, in label order. */
function classesToDraw(rows: readonly (readonly number[])[], all: number): number[] {
  const labels = Array.from({ length: all }, (_, label) => label);
  if (all <= MAX_CLASSES) return labels;
  const mean = (label: number) => rows.reduce((sum, shares) => sum + (shares[label] ?? 0), 0);
  const ranked = labels.toSorted((a, b) => mean(a) - mean(b) || a - b);
  return [...ranked.slice(0, MAX_CLASSES / 2), ...ranked.slice(-MAX_CLASSES / 2)].sort((a, b) => a - b);
}

function namesOf({ cells }: PanelRow): string[] {
  return cells[0]?.classNames.map((name) => printable(name)) ?? [];
}

function captionOf(drawn: number, all: number): string {
  const share = 'Share of the kept examples that each class holds, the mean over rounds and seeds';
  if (drawn === all) return `${share}; a row adds up to 100 %.`;
  return `${share}, for the ${drawn / 2} classes kept least and the ${drawn / 2} kept most of all ${all}.`;
}

function describe(row: string, values: readonly { row: string; class: string; share: number }[]): string {
  const own = values.filter((value) => value.row === row);
  const least = own.reduce((a, b) => (b.share < a.share ? b : a));
  const most = own.reduce((a, b) => (b.share > a.share ? b : a));
  return `${row}: least ${least.class} with ${formatShare(least.share)}, most ${most.class} with ${formatShare(most.share)}.`;
}
