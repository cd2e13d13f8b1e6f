import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { type EpochMetrics, type Evaluation, type Run, Split } from '../../../proto/gen/winnow/v1/run_pb.ts';

/** One value of a run's curve. */
export interface SeriesPoint {
  /** With slashes: what stands before the first one groups curves. */
  readonly name: string;
  /** Epochs done by then, so that the first epoch is 1. */
  readonly step: number;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
}

type Values = Readonly<Record<string, number | undefined>>;

const PHASES = ['attack', 'update', 'scoring', 'waiting', 'publishing', 'evaluation', 'total'] as const;

/**
 * All that a run's record holds as curves, steps ascending within each: what each epoch gave, each selection, the cost so
 * far at the last epoch, and the final result. Values that are not finite are left out.
 */
export function runSeries(run: Run): SeriesPoint[] {
  const startMs = milliseconds(run.startedAt ?? run.createdAt);
  const timeOf = (step: number) => startMs + Math.round((run.history[step - 1]?.seconds ?? 0) * 1000);
  const at = (step: number, values: Values, timeMs = timeOf(step)): SeriesPoint[] =>
    Object.entries(values).flatMap(([name, value]) =>
      value !== undefined && Number.isFinite(value) ? [{ name, step, value, timeMs }] : [],
    );
  const end = run.endedAt && milliseconds(run.endedAt);
  return [
    ...run.history.flatMap((epoch) => at(epoch.epoch + 1, epochValues(epoch, run))),
    ...run.rounds.flatMap(({ fromEpoch, kept, quality }) =>
      at(fromEpoch + 1, {
        'selection/kept': kept,
        'selection/residual': quality?.residual,
        'selection/overlap': quality?.overlap,
        'selection/effective_sample_size': quality?.effectiveSampleSize,
      }),
    ),
    ...(run.epochsDone > 0 ? at(run.epochsDone, costValues(run), end) : []),
    ...at(run.epochsDone, accuracies('result', run.result), end),
    ...at((run.best?.epoch ?? 0) + 1, accuracies('best', run.best?.result ?? run.best?.validation), end),
  ];
}

function epochValues({ examples, evaluation, attackGroups, ...epoch }: EpochMetrics, run: Run): Values {
  const groups = Object.entries(attackGroups).map(([group, count]) => [`attack_groups/${group}`, count / examples]);
  return {
    'train/loss': epoch.loss,
    'train/robust_accuracy': epoch.trainRobustAccuracy,
    'train/learning_rate': epoch.learningRate,
    'train/kept_share': run.dataset && examples / run.dataset.trainExamples,
    'train/examples': examples,
    'train/updates': epoch.updates,
    'train/seconds': epoch.seconds,
    ...Object.fromEntries(groups),
    ...accuracies(evaluation?.split === Split.VALIDATION ? 'held_out' : 'test', evaluation),
  };
}

function accuracies(group: string, evaluation: Evaluation | undefined): Values {
  if (!evaluation) return {};
  return {
    [`${group}/clean_accuracy`]: evaluation.cleanAccuracy,
    [`${group}/robust_accuracy`]: evaluation.robustAccuracy,
  };
}

function costValues({ cost }: Run): Values {
  const seconds = PHASES.map((phase) => [`cost/${phase}_seconds`, cost?.seconds?.[phase]] as const);
  const passes = (['forward', 'backward'] as const).map((direction) => {
    const count = cost?.passes?.[direction];
    return [`cost/${direction}_passes`, count === undefined ? undefined : Number(count)] as const;
  });
  return Object.fromEntries([...seconds, ...passes]);
}

/** A timestamp in milliseconds since 1970; 0 where there is none. */
export function milliseconds(timestamp: Timestamp | undefined): number {
  return timestamp ? Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1e6) : 0;
}
