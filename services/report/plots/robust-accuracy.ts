import { type Evaluation, Split } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { finiteOrNull, formatAccuracy, formatSeconds } from '../format.ts';
import { type PlotSpec, type PlottedRun, runColours } from './plot.ts';
import { PLOT_HEIGHT, PLOT_WIDTH } from './theme.ts';

interface Point {
  run: string;
  seconds: number;
  kind: 'robust' | 'clean';
  accuracy: number;
  final: boolean;
}

/**
 * Robust and clean accuracy against training seconds: the time-to-accuracy curve.
 * Measurements on the way, on held-out examples where a run has some, are joined by a line; the final figures, on test
 * examples, stand alone as diamonds.
 */
export function robustAccuracyPlot(runs: readonly PlottedRun[]): PlotSpec | null {
  const points = runs.flatMap(pointsOf);
  if (points.length === 0) return null;
  return {
    name: 'robust-accuracy',
    title: 'Robust accuracy against training time',
    caption: `Solid: robust; dashed: clean, both on ${measuredOn(runs)}. Diamonds: the final figures, on all test examples that were asked for.`,
    description: `Line chart of accuracy against training seconds without evaluation; robust solid, clean dashed, final figures as diamonds. ${runs.map(describe).join(' ')}`,
    spec: {
      width: PLOT_WIDTH,
      height: PLOT_HEIGHT,
      data: { values: points },
      encoding: {
        x: { field: 'seconds', type: 'quantitative', title: 'training time, scoring included (s)' },
        y: {
          field: 'accuracy',
          type: 'quantitative',
          title: 'accuracy',
          scale: { zero: false, nice: true },
          axis: { format: '.0%' },
        },
        color: { field: 'run', type: 'nominal', title: 'run', scale: runColours(runs) },
      },
      layer: [
        {
          transform: [{ filter: { field: 'final', equal: false } }],
          mark: { type: 'line', point: { size: 24 } },
          encoding: {
            strokeDash: {
              field: 'kind',
              type: 'nominal',
              title: 'accuracy',
              legend: { symbolType: 'stroke', symbolSize: 300 },
              scale: {
                domain: ['robust', 'clean'],
                range: [
                  [1, 0],
                  [5, 4],
                ],
              },
            },
          },
        },
        {
          transform: [{ filter: { field: 'final', equal: true } }],
          mark: { type: 'point', shape: 'diamond', size: 110, filled: true, opacity: 1 },
        },
      ],
    },
  };
}

function measuredOn(runs: readonly PlottedRun[]): string {
  const evaluations = runs.flatMap(({ record: { run } }) => run.history.flatMap(({ evaluation }) => evaluation ?? []));
  const onHeldOut = evaluations.filter(({ split }) => split === Split.VALIDATION).length;
  if (onHeldOut === 0) return 'some of the test examples';
  return onHeldOut === evaluations.length ? 'held-out examples' : 'held-out examples, or some of the test examples';
}

function pointsOf({ record: { run }, summary }: PlottedRun): Point[] {
  const onTheWay = run.history.flatMap((epoch) => pair(summary.label, epoch.seconds, epoch.evaluation, false));
  return [...onTheWay, ...pair(summary.label, summary.seconds.total, run.result, true)];
}

function pair(run: string, time: number | null, evaluation: Evaluation | undefined, final: boolean): Point[] {
  const seconds = finiteOrNull(time);
  if (seconds === null || evaluation === undefined) return [];
  const values = { robust: evaluation.robustAccuracy, clean: evaluation.cleanAccuracy };
  return (['robust', 'clean'] as const)
    .map((kind) => ({ run, seconds, kind, accuracy: values[kind], final }))
    .filter((point) => Number.isFinite(point.accuracy));
}

function describe({ summary }: PlottedRun): string {
  return `${summary.label} ends with ${formatAccuracy(summary.robust.accuracy)} robust and ${formatAccuracy(summary.clean)} clean after ${formatSeconds(summary.seconds.total)}.`;
}
