import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { RunSchema, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { TrainingService } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import { WorkThread } from '../../../services/platform/thread/work-thread.ts';
import { EvaluationRecords } from '../../../services/training/evaluation-records.ts';
import { Leases } from '../../../services/training/leases.ts';
import { RunQueue } from '../../../services/training/run-queue.ts';
import { RunRecords } from '../../../services/training/run-records.ts';
import { RunStates } from '../../../services/training/run-states.ts';
import { trainingService } from '../../../services/training/service.ts';
import { sharedNatsServer, testBus } from '../platform/bus/test-bus.ts';
import { capturedLog } from '../platform/captured-log.ts';
import { loopback } from '../platform/rpc/loopback.ts';
import { MemoryRunStore } from './memory-run-store.ts';

const shared = sharedNatsServer();

/** A training service that holds runs; its threads are never asked for work. */
async function serviceWith(count: number) {
  const { bus } = await testBus(shared.server);
  const { log } = capturedLog();
  const records = new RunRecords(new MemoryRunStore(), log);
  const thread = new WorkThread(new URL('./none.ts', import.meta.url));
  const queue = new RunQueue({ bus, thread, records, states: new RunStates(bus), leases: new Leases(bus), log });
  const add = (id: string, created: number) =>
    records.add(
      create(RunSchema, {
        id,
        state: RunState.QUEUED,
        createdAt: timestampFromDate(new Date(created)),
        history: [{ epoch: 0, loss: 1 }],
      }),
    );
  for (let i = 0; i < count; i++) await add(`run-${i}`, i);
  const evaluations = new EvaluationRecords({ get: async () => undefined, put: async () => {} }, log);
  const service = trainingService({
    bus,
    records,
    queue,
    scorers: { list: async () => [] },
    evaluationThread: thread,
    uploadThread: thread,
    evaluations,
    dataRoot: '.',
  });
  const { client } = await loopback(TrainingService, service);
  return { client, add };
}

describe('listRuns', () => {
  test('gives pages, newest first, until the token is empty', async () => {
    const { client } = await serviceWith(5);
    const seen: string[][] = [];
    for (let pageToken: string | undefined = ''; seen.length === 0 || pageToken; ) {
      const { runs, nextPageToken } = await client.listRuns({ pageSize: 2, pageToken });
      seen.push(runs.map(({ id }) => id));
      pageToken = nextPageToken;
    }
    expect(seen).toEqual([['run-4', 'run-3'], ['run-2', 'run-1'], ['run-0']]);
  });

  test('has no empty page at the end, and one page for no runs', async () => {
    const { client } = await serviceWith(4);
    const { nextPageToken } = await client.listRuns({ pageSize: 2 });
    expect(await client.listRuns({ pageSize: 2, pageToken: nextPageToken })).toMatchObject({ nextPageToken: '' });
    const empty = await (await serviceWith(0)).client.listRuns({});
    expect(empty).toMatchObject({ runs: [], nextPageToken: '' });
  });

  test('goes on where it was when newer runs have come', async () => {
    const { client, add } = await serviceWith(4);
    const { nextPageToken } = await client.listRuns({ pageSize: 2 });
    await add('newer', 99);
    const { runs } = await client.listRuns({ pageSize: 2, pageToken: nextPageToken });
    expect(runs.map(({ id }) => id)).toEqual(['run-1', 'run-0']);
  });

  test('shows a hundred runs where no size is given, and none of their histories', async () => {
    const { client } = await serviceWith(101);
    const { runs } = await client.listRuns({});
    expect(runs).toHaveLength(100);
    expect(runs.every(({ history }) => history.length === 0)).toBe(true);
    const { run } = await client.getRun({ runId: 'run-0' });
    expect(run?.history).toHaveLength(1);
  });

  test('refuses sizes and tokens that can not be', async () => {
    const { client } = await serviceWith(1);
    await expect(client.listRuns({ pageSize: 1001 })).rejects.toMatchObject({ fields: [{ field: 'page_size' }] });
    await expect(client.listRuns({ pageToken: 'x' })).rejects.toMatchObject({ fields: [{ field: 'page_token' }] });
    expect((await client.listRuns({ pageSize: 1000 })).runs).toHaveLength(1);
  });
});
