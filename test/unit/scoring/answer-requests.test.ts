import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { SelectionRequestedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import { RunSchema, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { SelectionSpecSchema } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { cancelled } from '../../../services/app-error.ts';
import { IndexSetHistory } from '../../../services/index-set/history.ts';
import { openStore } from '../../../services/platform/bus/key-value.ts';
import { publish } from '../../../services/platform/bus/publish.ts';
import { REQUEST_STREAM, RUN_BUCKET, selectionRequestedSubject } from '../../../services/platform/bus/streams.ts';
import { answerRequests } from '../../../services/scoring/answer-requests.ts';
import type { RunSetDependencies } from '../../../services/scoring/make-run-set.ts';
import { selectSubset } from '../../../services/scoring/score-dataset.ts';
import { toIndexSet } from '../../../services/scoring/to-index-set.ts';
import { directContext } from '../direct-context.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from '../platform/bus/test-bus.ts';
import { capturedLog } from '../platform/captured-log.ts';
import { eventually } from '../platform/eventually.ts';
import { tinyDataset } from '../tiny-dataset.ts';
import { tinyTarget } from './targets.ts';

const shared = sharedNatsServer();
const dataset = tinyDataset({ train: 30 });

/** A scoring replica without a tensor thread, and a trainer that asks it; `slow` runs are scored until they are given up. */
async function setUp(slow: readonly string[] = []) {
  const { bus } = await testBus(shared.server);
  const selected: string[] = [];
  const givenUp: string[] = [];
  const runs = openStore(bus, RUN_BUCKET, RunSchema);
  const history = new IndexSetHistory(bus);
  const dependencies: RunSetDependencies = {
    bus,
    log: capturedLog().log,
    history,
    signal: untilTestEnds().signal,
    services: { describedFor: async () => [] },
    scorer: {
      async select({ checkpoint: _, ...target }, selection, purpose, { signal } = {}) {
        const { runId } = purpose;
        selected.push(runId);
        if (slow.includes(runId)) {
          await new Promise((resolve) => signal!.addEventListener('abort', resolve, { once: true }));
          givenUp.push(runId);
          throw cancelled();
        }
        const result = await selectSubset(dataset, { target, selection }, directContext());
        return { set: toIndexSet(target, selection, purpose, result), result };
      },
    },
  };
  const answering = answerRequests(dependencies);
  answering.catch(() => {});
  const ask = async (runId: string, repetition = '') => {
    const { model, objective, seed } = tinyTarget();
    const selection = create(SelectionSpecSchema, { scorer: 'random', fraction: 0.3 });
    const fields = { runId, round: 0, dataset: tinyTarget().dataset, model, objective, selection, seed };
    const request = { ...fields, datasetFingerprint: dataset.fingerprint };
    const messageId = `${runId}.0${repetition}`;
    await publish(bus, selectionRequestedSubject(runId, 0), SelectionRequestedSchema, request, { messageId });
  };
  const end = async (id: string, state: RunState) => {
    const before = await runs.get(id);
    await runs.put(id, { id, state }, before?.revision ?? 0);
  };
  const untilDone = async () => {
    await expect.poll(async () => (await bus.manager.streams.info(REQUEST_STREAM)).state.messages).toBe(0);
  };
  return { ask, end, untilDone, selected, givenUp, history };
}

describe('a request', () => {
  test('that comes again, as another message even, is answered once', async () => {
    const { ask, untilDone, selected, history } = await setUp();
    const id = newRunId();
    await ask(id);
    await untilDone();
    const answer = await history.find(id, 0);
    await ask(id, ' again');
    await untilDone();
    expect(selected).toEqual([id]);
    expect(await history.find(id, 0)).toEqual(answer);
  });

  test.each([RunState.CANCELLED, RunState.FAILED])('of a run that has ended (state %d) is left', async (state) => {
    const { ask, end, untilDone, selected, history } = await setUp();
    const [ended, other] = [newRunId(), newRunId()];
    await end(ended, state);
    await ask(ended);
    await ask(other);
    await untilDone();
    expect(selected).toEqual([other]);
    expect(await history.find(ended, 0)).toBeUndefined();
    expect(await history.find(other, 0)).toBeDefined();
  });

  test('whose run ends while it is scored is given up, and the next one answered', async () => {
    const [ending, other] = [newRunId(), newRunId()];
    const { ask, end, untilDone, givenUp, selected, history } = await setUp([ending]);
    await end(ending, RunState.WAITING);
    await ask(ending);
    await eventually(() => selected.includes(ending));
    await ask(other);
    await end(ending, RunState.CANCELLED);
    await untilDone();
    expect(givenUp).toEqual([ending]);
    expect(await history.find(ending, 0)).toBeUndefined();
    expect(await history.find(other, 0)).toBeDefined();
  });
});
