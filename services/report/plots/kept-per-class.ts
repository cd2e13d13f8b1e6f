import type { AppliedRound } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { formatShare } from '../format.ts';
import { printable } from '../printable.ts';
import type { PlotSpec, PlottedRun } from './plot.ts';
import { COLOURS } from './theme.ts';

/** With more classes than this only the ends of the ranking are drawn: rows of a heat map have to stay legible. */
const MAX_CLASSES = 40;
/** Up to this many rounds a cell is wide enough for its number. */
const MAX_ROUNDS_WITH_NUMBERS = 12;

interface Cell {
  class: string;
  round: number;
  share: number;
}

/** Heat map of a pruned run: the share of the kept examples that each class holds, by round. An even share is 1 / classes. */
export function keptPerClassPlot({ record, summary }: PlottedRun): PlotSpec | null {
  const rounds = record.run.rounds.filter((round) => (round.quality?.keptPerClass.length ?? 0) > 0);
  if (rounds.length === 0) return null;
  const classes = classesToDraw(rounds);
  const names = classNames(record.run.dataset?.classNames.map((name) => printable(name)) ?? [], classes);
  const cells = heatMapCells(rounds, classes, names);
  return {
    name: `kept-per-class-${summary.fileStem}`,
    title: `Classes of the kept examples: ${summary.label}`,
    caption: captionOf(classes.length, rounds.at(-1)!),
    description: describe(summary.label, rounds.length, cells),
    spec: {
      width: { step: rounds.length <= MAX_ROUNDS_WITH_NUMBERS ? 64 : 28 },
      height: { step: classes.length <= 20 ? 22 : 15 },
      data: { values: cells },
      encoding: {
        x: {
          field: 'round',
          type: 'ordinal',
          title: 'round',
          axis: { orient: 'top', labelAngle: 0, ticks: false, domain: false },
        },
        y: {
          field: 'class',
          type: 'ordinal',
          title: null,
          sort: names,
          axis: { ticks: false, domain: false, labelLimit: 160 },
        },
      },
      layer: [
        {
          mark: { type: 'rect', stroke: COLOURS.paper, strokeWidth: 1 },
          encoding: {
            color: {
              field: 'share',
              type: 'quantitative',
              title: 'share of kept examples',
              scale: { range: RAMP, zero: false },
              legend: { format: '.1%', orient: 'right', gradientLength: 120 },
            },
          },
        },
        ...(rounds.length <= MAX_ROUNDS_WITH_NUMBERS ? [CELL_NUMBERS] : []),
      ],
    },
  };
}

/** Colours of a heat map's ends, light enough for dark numbers (5.7:1 and more), in the dark too. */
export const RAMP = ['#f2f7fb', '#5b9bd0'];

/** A heat map's layer of numbers: the field `share` in per cent. */
export const CELL_NUMBERS = {
  mark: { type: 'text' as const, fontSize: 11 },
  encoding: {
    text: { field: 'share', type: 'quantitative' as const, format: '.1%' },
    color: { value: '#0b1d2e' },
  },
};

function heatMapCells(rounds: readonly AppliedRound[], classes: readonly number[], names: readonly string[]): Cell[] {
  const shares = rounds.map((round) => classShares(round));
  return rounds.flatMap(({ round }, r) =>
    classes.map((label, i) => ({ class: names[i]!, round, share: shares[r]![label] ?? 0 })),
  );
}

function classShares(round: AppliedRound): number[] {
  const kept = round.quality?.keptPerClass ?? [];
  const total = kept.reduce((sum, count) => sum + count, 0);
  return kept.map((count) => (total === 0 ? 0 : count / total));
}

/** Labels to draw: all, or those with the smallest and the largest share in the last round, in label order. */
function classesToDraw(rounds: readonly AppliedRound[]): number[] {
  const shares = classShares(rounds.at(-1)!);
  const labels = shares.map((_, label) => label);
  if (labels.length <= MAX_CLASSES) return labels;
  const ranked = labels.toSorted((a, b) => shares[a]! - shares[b]! || a - b);
  return [...ranked.slice(0, MAX_CLASSES / 2), ...ranked.slice(-MAX_CLASSES / 2)].sort((a, b) => a - b);
}

/** Names of the labels `classes`, made unique with their label, as two rows of the same name would fall together. */
export function classNames(names: readonly string[], classes: readonly number[]): string[] {
  return classes.map((label) => {
    const name = names[label];
    if (!name) return `class ${label}`;
    return names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} (${label})`;
  });
}

function captionOf(drawn: number, { quality }: AppliedRound): string {
  const all = quality?.keptPerClass.length ?? 0;
  const share = 'Share of the kept examples that each class holds';
  if (drawn === all) return `${share}; a round adds up to 100 %.`;
  return `${share}, for the ${drawn / 2} classes with the least and the ${drawn / 2} with the most of all ${all}.`;
}

function describe(label: string, rounds: number, cells: readonly Cell[]): string {
  const least = cells.reduce((a, b) => (b.share < a.share ? b : a));
  const most = cells.reduce((a, b) => (b.share > a.share ? b : a));
  return `Heat map of the share of kept examples by class over ${rounds} rounds of ${label}. Smallest: ${least.class} in round ${least.round} with ${formatShare(least.share)}; largest: ${most.class} in round ${most.round} with ${formatShare(most.share)}.`;
}
