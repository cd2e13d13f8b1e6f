import type { EpochMetrics, Run } from '../../proto/gen/winnow/v1/run_pb.ts';
import { setGauge } from '../platform/telemetry/metrics.ts';

/** Shows how a run stands, as of the last epoch in its record. */
export function showRun(run: Run): void {
  const epoch = run.history.at(-1);
  if (!epoch) return;
  const attributes = { 'winnow.run_id': run.id };
  setGauge('winnow.run.loss', epoch.loss, attributes);
  setGauge('winnow.run.attack_success', 1 - epoch.trainRobustAccuracy, attributes);
  setGauge('winnow.run.kept_share', epoch.examples / (run.dataset?.trainExamples ?? Number.NaN), attributes);
  showGroups(run.id, epoch);
  const stale = staleness(run, epoch.epoch);
  if (stale !== undefined) setGauge('winnow.run.staleness', stale, attributes);
  const measured = run.result ?? run.history.findLast(({ evaluation }) => evaluation)?.evaluation;
  if (!measured) return;
  setGauge('winnow.run.clean_accuracy', measured.cleanAccuracy, attributes);
  setGauge('winnow.run.robust_accuracy', measured.robustAccuracy, attributes);
}

/** Epochs from the one that the set in use at an epoch was asked for at, to that epoch; undefined without a set. */
export function staleness({ spec, rounds }: Pick<Run, 'spec' | 'rounds'>, epoch: number): number | undefined {
  const { selection } = spec!;
  const inUse = rounds.findLast(({ fromEpoch }) => fromEpoch <= epoch);
  if (!selection || !inUse) return undefined;
  return epoch - (selection.warmStartEpochs + inUse.round * selection.everyEpochs);
}

function showGroups(runId: string, { attackGroups, examples }: EpochMetrics): void {
  for (const [group, count] of Object.entries(attackGroups)) {
    const attributes = { 'winnow.run_id': runId, 'winnow.attack_group': group };
    setGauge('winnow.run.attack_group_share', count / examples, attributes);
  }
}
