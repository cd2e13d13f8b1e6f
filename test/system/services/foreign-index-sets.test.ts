import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type SelectionFinished, SelectionFinishedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import { IndexSetSchema } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { type Run, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { WeightMeaning } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import type { Bus } from '../../../services/platform/bus/connection.ts';
import { putObject } from '../../../services/platform/bus/objects.ts';
import { publish } from '../../../services/platform/bus/publish.ts';
import { INDEX_SET_BUCKET, indexSetSubject } from '../../../services/platform/bus/streams.ts';
import { untilState } from './follow-run.ts';
import { EXAMPLES, tinySpec } from './requests.ts';
import { type Stack, startStack } from './stack.ts';
import { connectTestBus } from './test-bus.ts';

type SetInit = Omit<MessageInitShape<typeof IndexSetSchema>, '$typeName' | '$unknown'>;
type Outcome = SelectionFinished['outcome'];

let stack: Stack;
let training: TrainingClient;
let bus: Bus;

// No scoring service: the test answers in its place.
beforeAll(async () => {
  stack = await startStack('training');
  training = await stack.training();
  bus = await connectTestBus(stack.nats.url);
});

afterAll(async () => {
  await bus.close();
  await stack.stop();
});

const KEPT = 20;
const weighted = (weights: number[]) => ({ weights, weightMeaning: WeightMeaning.NORMALISED_SUM });

/** A set that a run may train on: every tenth example, all of the same weight. */
function goodSet({ id, dataset }: Run, changes: SetInit = {}) {
  const set: SetInit = {
    runId: id,
    round: 0,
    datasetFingerprint: dataset!.fingerprint,
    datasetExamples: dataset!.trainExamples,
    scorer: 'test',
    fraction: KEPT / EXAMPLES,
    indexGaps: Array.from({ length: KEPT }, () => 10),
    weightMeaning: WeightMeaning.UNIFORM,
  };
  return create(IndexSetSchema, { ...set, ...changes } as MessageInitShape<typeof IndexSetSchema>);
}

function inline(run: Run, changes?: SetInit): Outcome {
  return { case: 'indexSet', value: goodSet(run, changes) };
}

async function waitingRun(): Promise<Run> {
  const selection = { scorer: 'el2n', fraction: 0.3 };
  const { id } = await training.createRun(tinySpec({ epochs: 1, selection }));
  return untilState(training, id, RunState.WAITING);
}

async function answer(run: Run, outcome: Outcome): Promise<void> {
  const finished = create(SelectionFinishedSchema, { runId: run.id, round: 0, outcome });
  await publish(bus, indexSetSubject(run.id, 0), SelectionFinishedSchema, finished, { messageId: `${run.id}.0` });
}

async function ended({ id }: Run): Promise<Run> {
  for await (const _ of training.watchRun(id));
  return training.getRun(id);
}

it('trains on a set that keeps to the contract, whoever made it', async () => {
  const run = await waitingRun();
  await answer(run, inline(run, weighted(Array.from({ length: KEPT }, (_, i) => i))));
  const { state, rounds, history } = await ended(run);
  expect(state).toBe(RunState.SUCCEEDED);
  expect(rounds[0].kept).toBe(KEPT);
  expect(history[0].examples).toBe(KEPT);
});

describe('a set that breaks the contract ends the run', () => {
  const cases: [what: string, changes: SetInit, says: string][] = [
    ['of another run', { runId: 'other' }, "run 'other'"],
    ['of another round', { round: 3 }, 'round 3'],
    ['of another data set', { datasetFingerprint: 'ab'.repeat(32) }, 'another data set'],
    ['with an index twice', { indexGaps: [5, 3, 0] }, 'index 8 stands twice'],
    ['with an index out of range', { indexGaps: [5, EXAMPLES] }, `outside [0, ${EXAMPLES})`],
    ['that is empty', { indexGaps: [] }, 'no example'],
    ['with a weight that is no number', { indexGaps: [1, 1], ...weighted([1, Number.NaN]) }, 'weight 1 is NaN'],
    ['with a negative weight', { indexGaps: [1, 1], ...weighted([-1, 1]) }, 'weight 0 is -1'],
  ];

  it.each(cases)('%s', async (_, changes, says) => {
    const run = await waitingRun();
    await answer(run, inline(run, changes));
    const { state, failure, rounds, epochsDone } = await ended(run);
    expect(state).toBe(RunState.FAILED);
    expect(failure!.reason).toBe(ErrorReason.INVALID_INDEX_SET);
    expect(failure!.message).toContain(says);
    expect({ rounds, epochsDone }).toEqual({ rounds: [], epochsDone: 0 });
  });
});

describe('an answer without a set ends the run', () => {
  it.each<[string, Outcome, ErrorReason]>([
    ['an empty one', { case: undefined }, ErrorReason.INVALID_INDEX_SET],
    [
      'a failure, with the reason it gives',
      {
        case: 'failure',
        value: {
          $typeName: 'winnow.v1.SelectionFailure',
          reason: ErrorReason.CORRUPT_DATASET,
          message: 'the disk is worn out',
        },
      },
      ErrorReason.CORRUPT_DATASET,
    ],
    [
      'one that names an object that is not there',
      {
        case: 'stored',
        value: { $typeName: 'winnow.v1.StoredIndexSet', name: 'nowhere', sha256: '0'.repeat(64), sizeBytes: 1n },
      },
      ErrorReason.UNKNOWN_INDEX_SET,
    ],
  ])('%s', async (_, outcome, reason) => {
    const run = await waitingRun();
    await answer(run, outcome);
    const { state, failure } = await ended(run);
    expect({ state, reason: failure!.reason }).toEqual({ state: RunState.FAILED, reason });
    expect(failure!.message).not.toBe('');
  });

  it('one whose object is no index set', async () => {
    const run = await waitingRun();
    const { sha256, sizeBytes } = await putObject(bus, INDEX_SET_BUCKET, run.id, Buffer.from([0xff, 0xff]));
    const value = {
      name: run.id,
      sha256,
      sizeBytes: BigInt(sizeBytes),
      $typeName: 'winnow.v1.StoredIndexSet',
    } as const;
    await answer(run, { case: 'stored', value });
    expect((await ended(run)).failure!.reason).toBe(ErrorReason.INVALID_INDEX_SET);
  });
});

it('leaves bytes that are no answer aside and waits on', async () => {
  const run = await waitingRun();
  await bus.jetstream.publish(indexSetSubject(run.id, 0), Buffer.from([0xff, 0xff]));
  await answer(run, inline(run));
  expect((await ended(run)).state).toBe(RunState.SUCCEEDED);
});

it('takes the first answer where there are two', async () => {
  const run = await waitingRun();
  await answer(run, inline(run));
  const second = create(SelectionFinishedSchema, { runId: run.id, round: 0, outcome: inline(run, { indexGaps: [] }) });
  await publish(bus, indexSetSubject(run.id, 0), SelectionFinishedSchema, second, { messageId: `${run.id}.again` });
  const { state, rounds } = await ended(run);
  expect(state).toBe(RunState.SUCCEEDED);
  expect(rounds.map(({ kept }) => kept)).toEqual([KEPT]);
});
