import { formatNumber } from '../format.ts';
import type { IndexSetSummary } from '../summary-schema.ts';
import { type PlotSpec, type PlottedRun, runColours } from './plot.ts';

const MEASURES = ['overlap with the last set', 'residual', 'effective share'] as const;

/** Panels side by side; three of them with their axes are as wide as the other plots. */
const PANEL_WIDTH = 150;

/**
 * Signs of selection quality over rounds, one panel each: Jaccard overlap with the set before, relative residual of the matched gradient,
 * and effective sample size over examples kept.
 */
export function selectionQualityPlot(runs: readonly PlottedRun[]): PlotSpec | null {
  const points = runs.flatMap(({ summary }) =>
    summary.indexSets.flatMap((set) =>
      measuresOf(set).map((point) => ({ run: summary.label, round: set.round, ...point })),
    ),
  );
  if (points.length === 0) return null;
  const pruned = runs.filter(({ summary }) => summary.selection !== null).map(({ summary }) => summary.label);
  const measured = MEASURES.filter((measure) => points.some((point) => point.measure === measure));
  return {
    name: 'selection-quality',
    title: 'Selection quality by round',
    caption: 'Effective share: effective sample size over examples kept.',
    description: `Line charts over rounds of ${measured.join(', ')}. ${runs.flatMap(describe).join(' ')}`,
    spec: {
      data: { values: points },
      facet: { column: { field: 'measure', type: 'nominal', title: null, sort: [...MEASURES] } },
      resolve: { scale: { y: 'independent' } },
      spec: {
        width: PANEL_WIDTH,
        height: 180,
        mark: { type: 'line', point: { size: 30 } },
        encoding: {
          x: {
            field: 'round',
            type: 'quantitative',
            title: 'round',
            axis: { tickMinStep: 1, format: 'd', tickCount: 5 },
          },
          y: { field: 'value', type: 'quantitative', title: null, axis: { tickCount: 5 } },
          color: {
            field: 'run',
            type: 'nominal',
            title: 'run',
            scale: runColours(runs),
            legend: { values: pruned },
          },
        },
      },
    },
  };
}

function measuresOf(set: IndexSetSummary): { measure: string; value: number }[] {
  const effective = set.effectiveSampleSize === null || set.kept === 0 ? null : set.effectiveSampleSize / set.kept;
  return [set.overlap, set.residual, effective].flatMap((value, i) =>
    value === null ? [] : [{ measure: MEASURES[i]!, value }],
  );
}

function describe({ summary }: PlottedRun): string[] {
  const last = summary.indexSets.at(-1);
  if (last === undefined) return [];
  const values = measuresOf(last).map(({ measure, value }) => `${measure} ${formatNumber(value, 3)}`);
  return [`${summary.label}, round ${last.round}: ${values.join(', ') || 'not measured'}.`];
}
