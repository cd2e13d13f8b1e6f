import type { Run } from '../../proto/gen/winnow/v1/run_pb.ts';

/** All of a run that must not depend on what happened to it: everything but times. */
export function outcomeOf({ checkpoint, best, epochsDone, history, rounds, result, cost }: Run) {
  return {
    checkpoint: checkpoint?.sha256,
    best: [best?.epoch, best?.checkpoint?.sha256, best?.result?.robustAccuracy],
    epochsDone,
    history: history.map(({ seconds: _, evaluation, ...metrics }) => ({
      ...metrics,
      measured: [evaluation?.cleanAccuracy, evaluation?.robustAccuracy],
    })),
    rounds: rounds.map(({ round, fromEpoch, kept }) => ({ round, fromEpoch, kept })),
    measured: [result?.cleanAccuracy, result?.robustAccuracy],
    passes: [cost?.passes?.forward, cost?.passes?.backward].map(Number),
  };
}
