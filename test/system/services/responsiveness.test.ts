import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { runToEnd, untilTraining } from './follow-run.ts';
import { type HealthClient, healthClient } from './health-client.ts';
import { digits, smallCnn, tinySpec } from './requests.ts';
import { type Stack, startStack } from './stack.ts';

const LIMIT_MS = 100;
const CALLS = 50;
// The rest may meet the scheduler of a machine whose cores are all at work.
const FAST_SHARE = 0.8;
const PAUSE_MS = 20;

/** Epochs of some ten seconds, and more of them than anyone waits for. */
const endless = tinySpec({
  model: smallCnn,
  dataset: { ...digits, trainExamples: 2_000 },
  objective: { kind: ObjectiveKind.TRADES, attack: { epsilon: 0.2, stepSize: 0.02, steps: 10 } },
  epochs: 1_000,
  batchSize: 100,
});

let stack: Stack;
let training: TrainingClient;
let health: HealthClient;

beforeAll(async () => {
  stack = await startStack('training');
  training = await stack.training();
  health = healthClient(stack.channel(training.address));
});

afterAll(() => stack.stop());

async function timed(call: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await call();
  return performance.now() - started;
}

/** How long each of many calls took, in ms, fastest first. */
async function latencies(call: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    taken.push(await timed(call));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return taken.sort((a, b) => a - b);
}

async function firstEvent(runId: string): Promise<void> {
  for await (const _ of training.watchRun(runId)) return;
}

describe('while an epoch runs', () => {
  let runId: string;

  beforeAll(async () => {
    runId = (await training.createRun(endless)).id;
    await untilTraining(training, runId);
  });

  it.each([
    { name: 'Health.Check', call: () => health.check({ service: 'winnow.v1.TrainingService' }) },
    { name: 'GetRun', call: () => training.getRun(runId) },
    { name: 'ListRuns', call: () => training.listRuns()[Symbol.asyncIterator]().next() },
    { name: 'WatchRun', call: () => firstEvent(runId) },
  ])(`$name answers within ${LIMIT_MS} ms`, async ({ call }) => {
    await call();
    const taken = await latencies(call);
    expect(taken[CALLS / 2]).toBeLessThan(LIMIT_MS);
    expect(taken[CALLS * FAST_SHARE - 1]).toBeLessThan(LIMIT_MS);
    const run = await training.getRun(runId);
    expect(run).toMatchObject({ state: RunState.RUNNING, epochsDone: 0 });
  });

  it(`CancelRun answers within ${LIMIT_MS} ms and frees the worker for the next run`, async () => {
    const watched = (async () => {
      let last: RunState = RunState.UNSPECIFIED;
      for await (const event of training.watchRun(runId)) if (event.case === 'run') last = event.value.state;
      return last;
    })();
    let answered: RunState = RunState.UNSPECIFIED;
    const taken = await timed(async () => {
      answered = (await training.cancelRun(runId)).state;
    });
    expect(answered).toBe(RunState.CANCELLED);
    expect(taken).toBeLessThan(LIMIT_MS);
    expect(await watched).toBe(RunState.CANCELLED);

    const { run } = await runToEnd(training, tinySpec({ epochs: 1 }));
    expect(run.state).toBe(RunState.SUCCEEDED);
    const cancelled = await training.getRun(runId);
    expect(cancelled.state).toBe(RunState.CANCELLED);
    const freedMs = 1000 * Number(run.startedAt!.seconds - cancelled.endedAt!.seconds);
    expect(freedMs).toBeLessThan(10_000);
  });
});

it('cancels a run that waits for its turn, and leaves an ended one as it is', async () => {
  const { id: first } = await training.createRun(endless);
  const { id: second } = await training.createRun(tinySpec());
  expect((await training.getRun(second)).state).toBe(RunState.QUEUED);
  expect((await training.cancelRun(second)).state).toBe(RunState.CANCELLED);
  await training.cancelRun(first);
  const { run } = await runToEnd(training, tinySpec({ epochs: 1 }));
  expect((await training.cancelRun(run.id)).state).toBe(RunState.SUCCEEDED);
  expect((await training.getRun(second)).startedAt).toBeUndefined();
  await expect(training.cancelRun('no-such-run')).rejects.toMatchObject({ code: status.NOT_FOUND });
});
