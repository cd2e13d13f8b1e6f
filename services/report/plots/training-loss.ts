import { formatNumber } from '../format.ts';
import { type PlotSpec, type PlottedRun, runColours } from './plot.ts';
import { PLOT_HEIGHT, PLOT_WIDTH } from './theme.ts';

/** Mean training loss of each epoch, counted from 1; a pruned run's loss is over the examples it kept. */
export function trainingLossPlot(runs: readonly PlottedRun[]): PlotSpec | null {
  const points = runs.flatMap(({ record, summary }) =>
    record.run.history
      .filter((epoch) => Number.isFinite(epoch.loss))
      .map(({ epoch, loss }) => ({ run: summary.label, epoch: epoch + 1, loss })),
  );
  if (points.length === 0) return null;
  const last = (label: string) => points.findLast((point) => point.run === label)?.loss ?? null;
  const ends = runs.map(({ summary: { label } }) => `${label} ends at ${formatNumber(last(label), 3)}.`);
  return {
    name: 'training-loss',
    title: 'Training loss',
    caption: 'Mean over the examples each epoch trained on, weighted as in training.',
    description: `Line chart of the mean training loss over epochs. ${ends.join(' ')}`,
    spec: {
      width: PLOT_WIDTH,
      height: PLOT_HEIGHT,
      data: { values: points },
      mark: { type: 'line', point: { size: 24 } },
      encoding: {
        x: { field: 'epoch', type: 'quantitative', title: 'epoch', axis: { tickMinStep: 1, format: 'd' } },
        y: { field: 'loss', type: 'quantitative', title: 'mean loss of the examples trained on' },
        color: { field: 'run', type: 'nominal', title: 'run', scale: runColours(runs) },
      },
    },
  };
}
