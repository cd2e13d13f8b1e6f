import type { RunEvent, TrainingClient } from '../../../clients/node/training-client.ts';
import { type Run, type RunState, RunStateSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { SpecInit } from './requests.ts';

/** A run that has ended, and what a watcher was told of it. */
export interface FollowedRun {
  /** Its record as GetRun gives it. */
  readonly run: Run;
  readonly events: readonly RunEvent[];
}

/** Creates a run and watches it to its end. */
export async function runToEnd(training: TrainingClient, spec: SpecInit): Promise<FollowedRun> {
  const { id } = await training.createRun(spec);
  const events: RunEvent[] = [];
  for await (const event of training.watchRun(id)) events.push(event);
  return { run: await training.getRun(id), events };
}

/** Waits until a run is in a state; throws where it ends in another. */
export async function untilState(training: TrainingClient, runId: string, state: RunState): Promise<Run> {
  for await (const { case: kind, value } of training.watchRun(runId)) {
    if (kind === 'run' && value.state === state) return value;
  }
  const { state: ended, failure } = await training.getRun(runId);
  throw new Error(`the run ended as ${nameOf(ended)} (${failure?.message}) and never was ${nameOf(state)}`);
}

/** Waits until a run has trained on at least one mini-batch. */
export async function untilTraining(training: TrainingClient, runId: string): Promise<void> {
  for await (const { case: kind, value } of training.watchRun(runId)) {
    if (kind === 'progress' && value.phase === 'train') return;
  }
  throw new Error(`run ${runId} ended before it trained`);
}

/** The states a watcher saw, each once for as long as it lasted, by name. */
export function statesOf({ events }: FollowedRun): string[] {
  const states = events.flatMap(({ case: kind, value }) => (kind === 'run' ? [nameOf(value.state)] : []));
  return states.filter((state, i) => state !== states[i - 1]);
}

function nameOf(state: RunState): string {
  return RunStateSchema.value[state].localName;
}
