import { formatSeconds } from '../format.ts';
import type { PlotSpec, PlottedRun } from './plot.ts';
import { PLOT_WIDTH, SERIES } from './theme.ts';

const PHASES = ['attack', 'update', 'scoring', 'waiting', 'publishing'] as const;

/** Where each run's seconds went, as stacked bars; evaluation is no part of it. */
export function costByPhasePlot(runs: readonly PlottedRun[]): PlotSpec | null {
  const parts = runs.flatMap(({ summary: { label, seconds } }) =>
    PHASES.map((phase, order) => ({ run: label, phase, order, seconds: seconds[phase] ?? 0 })),
  );
  if (!parts.some((part) => part.seconds > 0)) return null;
  return {
    name: 'cost-by-phase',
    title: 'Time by phase',
    caption: 'Measuring accuracy is left out.',
    description: `Stacked bars of seconds by phase. ${runs.map(describe).join(' ')}`,
    spec: {
      width: PLOT_WIDTH,
      height: { step: 36 },
      data: { values: parts },
      mark: { type: 'bar', height: { band: 0.7 } },
      encoding: {
        y: {
          field: 'run',
          type: 'nominal',
          title: null,
          scale: { domain: runs.map((run) => run.summary.label) },
          axis: { labelLimit: 260, ticks: false, domain: false },
        },
        x: { field: 'seconds', type: 'quantitative', title: 'seconds' },
        color: {
          field: 'phase',
          type: 'nominal',
          title: null,
          scale: { domain: [...PHASES], range: SERIES },
          legend: { columns: PHASES.length },
        },
        order: { field: 'order', type: 'quantitative' },
      },
    },
  };
}

function describe({ summary: { label, seconds } }: PlottedRun): string {
  const phases = PHASES.map((phase) => `${phase} ${formatSeconds(seconds[phase])}`);
  return `${label}: ${phases.join(', ')}; total ${formatSeconds(seconds.total)}.`;
}
