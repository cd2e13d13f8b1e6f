import { type OptimiserSpec, Schedule } from '../../proto/gen/winnow/v1/run_pb.ts';

/** Shares of the run after which SCHEDULE_STEP divides the rate by 10: epochs 75 and 90 of 100 in the TRADES release. */
const STEP_MILESTONES = [0.75, 0.9];

function factor(schedule: Schedule, progress: number): number {
  switch (schedule) {
    case Schedule.COSINE:
      return (1 + Math.cos(Math.PI * progress)) / 2;
    case Schedule.STEP:
      return STEP_MILESTONES.reduce((rate, milestone) => (progress >= milestone ? rate / 10 : rate), 1);
    default:
      return 1;
  }
}

/**
 * The learning rate of an update. `progress`, in [0,1), is the share of the run's updates done at the present set's
 * size, so a pruned run walks the whole schedule in fewer updates; `updates` counts those done, for the warm-up.
 */
export function learningRate(optimiser: OptimiserSpec, progress: number, updates: number): number {
  const { learningRate: peak, schedule, warmupUpdates } = optimiser;
  const warmup = warmupUpdates > 0 ? Math.min(1, (updates + 1) / warmupUpdates) : 1;
  return peak * warmup * factor(schedule, progress);
}
