import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { CheckpointRefSchema } from '../../proto/gen/winnow/v1/model_pb.ts';
import { AppliedRoundSchema, type Run, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { SelectionFiles, TrainProgress, TrainResult } from './run-messages.ts';
import { endRun } from './run-records.ts';

type Told = Exclude<TrainProgress, { type: 'progress' }>;

/** What training tells, as it shows in the run's record. */
export function applyProgress(run: Run, event: Told, now: Timestamp): void {
  switch (event.type) {
    case 'loaded':
      run.state = RunState.RUNNING;
      run.startedAt ??= now;
      run.dataset = event.dataset;
      run.device = event.device;
      showState(run, event.run);
      run.rounds = event.run.rounds;
      break;
    case 'waiting':
      run.state = RunState.WAITING;
      break;
    case 'training':
      run.state = RunState.RUNNING;
      break;
    case 'applied': {
      const { round, fromEpoch, kept, quality } = event;
      run.state = RunState.RUNNING;
      run.rounds.push(create(AppliedRoundSchema, { round, fromEpoch, kept, ...(quality && { quality }) }));
    }
  }
}

/** The model that a round is scored with is the newest one. */
export function applyPrepared(run: Run, { checkpoint: { sha256, sizeBytes } }: SelectionFiles): void {
  run.checkpoint = create(CheckpointRefSchema, { sha256, sizeBytes: BigInt(sizeBytes) });
}

/** A state that is stored: its epochs are done for good. */
export function applySaved(run: Run, saved: Run): void {
  showState(run, saved);
  // rounds taken since are in the record already
  if (saved.rounds.length > run.rounds.length) run.rounds = saved.rounds;
}

/** The run's end. */
export function applyResult(run: Run, { evaluation, cost, checkpoint, best, run: last }: TrainResult): void {
  applySaved(run, last);
  run.result = evaluation;
  run.cost = cost;
  run.checkpoint = checkpoint;
  if (best) run.best = best;
  endRun(run, RunState.SUCCEEDED);
}

function showState(run: Run, { epochsDone, history, checkpoint, cost }: Run): void {
  run.epochsDone = epochsDone;
  run.history = history;
  if (checkpoint) run.checkpoint = checkpoint;
  if (cost) run.cost = cost;
}
