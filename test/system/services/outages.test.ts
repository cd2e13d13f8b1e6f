import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import { type Run, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { eventually } from '../../unit/platform/eventually.ts';
import { startNatsServer } from '../nats-server.ts';
import { untilState, untilTraining } from './follow-run.ts';
import { digits, smallCnn, tinySpec } from './requests.ts';
import { type ServiceName, Stack } from './stack.ts';

// When a request comes again that was neither answered nor given back.
const REDELIVERY_MS = 6_000;
const START_MS = 30_000;

/** A selection of some seconds with {@link smallCnn}, so that there is time to end who makes it in the midst of a step. */
const slowSelection = {
  scorer: 'adv-grad-match',
  fraction: 0.3,
  everyEpochs: 10,
  attack: { epsilon: 0.2, stepSize: 0.02, steps: 20 },
};
const endless = tinySpec({ model: smallCnn, dataset: { ...digits, trainExamples: 2_000 }, epochs: 1_000 });

let stack: Stack;
let training: TrainingClient;

const logged = (name: ServiceName, text: string) => stack.log(name).filter(({ msg }) => msg.includes(text));

/** When the scoring service last logged this, ms. */
function timeOf(text: string): number {
  return Date.parse(String(logged('scoring', text).at(-1)!.time));
}

/** Creates a run whose first selection is under way. */
async function runInSelection(): Promise<string> {
  const before = logged('scoring', 'selection requested').length;
  const { id } = await training.createRun(tinySpec({ model: smallCnn, epochs: 1, selection: slowSelection }));
  await eventually(() => logged('scoring', 'selection requested').length > before, START_MS);
  return id;
}

async function listed(id: string): Promise<Run> {
  for await (const run of training.listRuns()) if (run.id === id) return run;
  throw new Error(`run ${id} is not listed`);
}

beforeAll(async () => {
  stack = new Stack(await startNatsServer());
});

afterAll(() => stack.stop());

it('services wait for a NATS that is not there yet, say so, and come up with it', async () => {
  await stack.nats.kill();
  const starting = (['scoring', 'training'] as const).map((name) => stack.launch(name));
  for (const name of ['scoring', 'training'] as const) {
    await eventually(() => logged(name, 'trying again').length >= 2, START_MS);
    expect(logged(name, 'trying again')[0].msg).toContain(stack.nats.url);
  }
  await stack.nats.start();
  await Promise.all(starting.map(({ address }) => address));
  training = await stack.training();
  const scoring = await stack.scoring();
  expect((await scoring.listScorers()).length).toBeGreaterThan(0);
});

describe('a run goes on', () => {
  it('after NATS was killed and started again', async () => {
    const selection = { scorer: 'el2n', fraction: 0.5, everyEpochs: 1 };
    const { id } = await training.createRun(tinySpec({ epochs: 4, selection }));
    await untilTraining(training, id);
    await stack.nats.kill();
    // The next round is due within this time, and can't be asked for.
    await sleep(4_000);
    const waiting = await training.getRun(id);
    expect(waiting.state).toBe(RunState.WAITING);
    expect(waiting.epochsDone).toBeLessThan(4);
    await stack.nats.start();
    const run = await untilState(training, id, RunState.SUCCEEDED);
    expect(run.rounds.map(({ round, fromEpoch }) => [round, fromEpoch])).toEqual([0, 1, 2, 3].map((n) => [n, n]));
  });

  it('after the scoring service was killed in the midst of a selection, and started again', async () => {
    const id = await runInSelection();
    await stack.kill('scoring');
    expect((await training.getRun(id)).state).toBe(RunState.WAITING);
    await stack.start('scoring');
    const run = await untilState(training, id, RunState.SUCCEEDED);
    expect(run.rounds).toHaveLength(1);
  });

  it('at once after the scoring service was stopped in order, and started again', async () => {
    const id = await runInSelection();
    expect(await stack.terminate('scoring')).toBe('exit code 0');
    await stack.start('scoring');
    await untilState(training, id, RunState.SUCCEEDED);
    // The request was given back, and so not waited for until it was missed.
    expect(timeOf('selection requested') - timeOf('ready')).toBeLessThan(REDELIVERY_MS / 2);
  });
});

describe('a run goes on by itself', () => {
  const states: RunState[] = [];
  let id: string;
  let queued: string;

  it('after the training service was stopped in order; it says that the run is queued again', async () => {
    ({ id } = await training.createRun(endless));
    ({ id: queued } = await training.createRun(tinySpec()));
    await untilTraining(training, id);
    const watched = untilState(training, id, RunState.QUEUED);
    const stopping = Date.now();
    expect(await stack.terminate('training')).toBe('exit code 0');
    expect(Date.now() - stopping).toBeLessThan(15_000);
    states.push((await watched).state);
    expect(states).toEqual([RunState.QUEUED]);
    await stack.start('training');
    await untilTraining(training, id);
    expect((await listed(id)).state).toBe(RunState.RUNNING);
    expect((await listed(queued)).state).toBe(RunState.QUEUED);
  });

  it('after the training service was killed, and so does the queue', async () => {
    await stack.kill('training');
    await stack.start('training');
    await untilTraining(training, id);
    const run = await listed(id);
    expect(run.spec).toEqual((await training.getRun(id)).spec);
    expect(run.spec!.epochs).toBe(endless.epochs);
    await training.cancelRun(id);
    await untilState(training, queued, RunState.SUCCEEDED);
    expect((await listed(id)).state).toBe(RunState.CANCELLED);
  });

  it('while what ended before stays as it was, and new runs work', async () => {
    const succeeded = [];
    for await (const { state } of training.listRuns()) if (state === RunState.SUCCEEDED) succeeded.push(state);
    expect(succeeded).toHaveLength(4);
    const created = await training.createRun(tinySpec({ epochs: 1 }));
    await untilState(training, created.id, RunState.SUCCEEDED);
  });
});
