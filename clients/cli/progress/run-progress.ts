import type { Evaluation, Run } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { EpochProgress } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import type { RunEvent } from '../../node/training-client.ts';

/** How far a run is, as shown to people. */
export interface RunProgress {
  readonly name: string;
  readonly state: RunState;
  /** "queued", "train", "score", "select", "evaluate", "finished" at an epoch's end, or how the run ended. */
  readonly phase: string;
  /** Share of this phase done, in [0,1]. */
  readonly phaseShare: number;
  /** Epochs finished. */
  readonly epochsDone: number;
  readonly epochs: number;
  /** Share of the whole run done, in [0,1]. */
  readonly share: number;
  /** Mean loss of the present epoch, else of the last. */
  readonly loss?: number | undefined;
  /** Newest measurement. */
  readonly clean?: number | undefined;
  readonly robust?: number | undefined;
  /** Share of the training examples in use. */
  readonly keptShare: number;
  /** Estimated seconds to the end; absent where unknown. */
  readonly secondsLeft?: number | undefined;
}

/** A run that has told nothing yet. */
export function initialProgress(name: string, epochs: number): RunProgress {
  return {
    name,
    state: RunState.QUEUED,
    phase: 'queued',
    phaseShare: 0,
    epochsDone: 0,
    epochs,
    share: 0,
    keptShare: 1,
  };
}

/** The progress after one more event. */
export function advance(progress: RunProgress, event: RunEvent): RunProgress {
  return event.case === 'run' ? withRun(progress, event.value) : withEpoch(progress, event.value);
}

/** Whether a run in this state goes on no further. */
export function hasEnded(state: RunState): boolean {
  return state === RunState.SUCCEEDED || state === RunState.FAILED || state === RunState.CANCELLED;
}

function withRun(progress: RunProgress, run: Run): RunProgress {
  const epochs = run.spec?.epochs ?? progress.epochs;
  const { clean, robust } = accuracies(run.result ?? newestEvaluation(run)) ?? progress;
  const ended = hasEnded(run.state);
  return {
    ...progress,
    state: run.state,
    phase: phaseOf(run, progress),
    phaseShare: 0,
    epochs,
    epochsDone: run.epochsDone,
    share: run.state === RunState.SUCCEEDED ? 1 : shareOf(run.epochsDone, 0, epochs),
    loss: run.history.at(-1)?.loss ?? progress.loss,
    clean,
    robust,
    keptShare: keptShareOf(run) ?? progress.keptShare,
    secondsLeft: ended ? undefined : progress.secondsLeft,
  };
}

function withEpoch(progress: RunProgress, epoch: EpochProgress): RunProgress {
  const phaseShare = epoch.total === 0 ? 0 : Math.min(1, epoch.done / epoch.total);
  return {
    ...progress,
    state: RunState.RUNNING,
    phase: epoch.phase,
    phaseShare,
    // The training part stands for the epoch; the other phases come before or after it.
    share: Math.max(progress.share, shareOf(epoch.epoch, epoch.phase === 'train' ? phaseShare : 0, progress.epochs)),
    loss: epoch.phase === 'train' ? epoch.loss : progress.loss,
    keptShare: epoch.keptShare > 0 ? epoch.keptShare : progress.keptShare,
    secondsLeft: epoch.secondsLeft > 0 ? epoch.secondsLeft : undefined,
  };
}

function shareOf(epochsDone: number, part: number, epochs: number): number {
  return epochs === 0 ? 0 : Math.min(1, (epochsDone + part) / epochs);
}

function phaseOf({ state, epochsDone }: Run, before: RunProgress): string {
  if (state === RunState.QUEUED) return 'queued';
  // Training waits for its index set while the scoring service attacks, scores and selects.
  if (state === RunState.WAITING) return 'score';
  if (state === RunState.SUCCEEDED) return 'done';
  if (state === RunState.FAILED) return 'failed';
  if (state === RunState.CANCELLED) return 'cancelled';
  if (epochsDone > before.epochsDone) return 'finished';
  return before.phase === 'queued' || before.state === RunState.WAITING ? 'train' : before.phase;
}

function newestEvaluation(run: Run): Evaluation | undefined {
  return run.history.findLast(({ evaluation }) => evaluation !== undefined)?.evaluation;
}

function accuracies(evaluation: Evaluation | undefined) {
  return evaluation && { clean: evaluation.cleanAccuracy, robust: evaluation.robustAccuracy };
}

function keptShareOf(run: Run): number | undefined {
  const kept = run.rounds.at(-1)?.kept;
  const total = run.dataset?.trainExamples;
  return kept === undefined || !total ? undefined : kept / total;
}
