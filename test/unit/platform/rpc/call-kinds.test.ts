import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type IndexSet, IndexSetSchema } from '../../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ScorerService } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ScoringService } from '../../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { TrainingService } from '../../../../proto/gen/winnow/v1/training_service_pb.ts';
import { createClient } from '../../../../services/platform/rpc/client.ts';
import { eventually } from '../eventually.ts';
import { CollectService, loopback } from './loopback.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* batches(count: number, size = 1) {
  for (let i = 0; i < count; i++) {
    yield { part: { case: 'batch' as const, value: { firstIndex: i, labels: new Array<number>(size).fill(i) } } };
  }
}

describe('the four kinds of call', () => {
  test('unary: request, response, metadata and peer', async () => {
    const { client } = await loopback(TrainingService, {
      async getRun({ runId }, { metadata, peer }) {
        return { run: { id: `${runId} ${metadata.get('x-tag')} ${peer.startsWith('127.0.0.1:')}` } };
      },
    });
    const { run } = await client.getRun({ runId: 'r1' }, { metadata: { 'x-tag': 'blue' } });
    expect(run?.id).toBe('r1 blue true');
  });

  test('an empty message travels both ways', async () => {
    const { client } = await loopback(TrainingService, { listRuns: async () => ({}) });
    expect((await client.listRuns({})).runs).toEqual([]);
  });

  test('server streaming keeps order and ends', async () => {
    const { client } = await loopback(ScoringService, {
      async *watchIndexSets({ fromRound }) {
        for (let round = fromRound; round < fromRound + 50; round++) yield { indexSet: { round } };
      },
    });
    const sets = await collect(client.watchIndexSets({ runId: 'r', fromRound: 7 }));
    expect(sets.map(({ indexSet }) => (indexSet as IndexSet).round)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 7),
    );
  });

  test('an empty stream', async () => {
    const { client } = await loopback(ScoringService, { async *watchIndexSets() {} });
    expect(await collect(client.watchIndexSets({}))).toEqual([]);
  });

  test('client streaming: one response for all requests', async () => {
    const { client } = await loopback(CollectService, {
      async collect(requests) {
        return { scorer: { name: `${(await collect(requests)).length}` } };
      },
    });
    expect((await client.collect(batches(100))).scorer?.name).toBe('100');
  });

  test('client streaming: an early response stops the requests', async () => {
    let stopped = false;
    async function* endless() {
      try {
        for (;;) yield* batches(10, 1000);
      } finally {
        stopped = true;
      }
    }
    const { client } = await loopback(CollectService, {
      async collect(requests) {
        for await (const _ of requests) return { scorer: { name: 'enough' } };
        return {};
      },
    });
    expect((await client.collect(endless())).scorer?.name).toBe('enough');
    await eventually(() => stopped);
  });

  test('bidi: responses arrive while requests are still sent', async () => {
    const { client } = await loopback(ScorerService, {
      async *scoreExamples(requests) {
        for await (const { part } of requests) {
          if (part.case === 'batch') yield { part: { case: 'scores', value: { firstIndex: part.value.firstIndex } } };
        }
      },
    });
    let answered = -1;
    async function* pingPong() {
      for (let firstIndex = 0; firstIndex < 20; firstIndex++) {
        expect(answered).toBe(firstIndex - 1);
        yield { part: { case: 'batch' as const, value: { firstIndex } } };
        await new Promise<void>((resolve) => {
          const poll = () => (answered === firstIndex ? resolve() : setImmediate(poll));
          poll();
        });
      }
    }
    for await (const { part } of client.scoreExamples(pingPong())) {
      if (part.case === 'scores') answered = part.value.firstIndex;
    }
    expect(answered).toBe(19);
  });

  test('bidi: the server may go on after the requests have ended', async () => {
    const { client } = await loopback(ScorerService, {
      async *scoreExamples(requests) {
        const count = (await collect(requests)).length;
        for (let firstIndex = 0; firstIndex < count; firstIndex++) {
          yield { part: { case: 'scores', value: { firstIndex } } };
        }
      },
    });
    expect(await collect(client.scoreExamples(batches(40)))).toHaveLength(40);
  });

  test('two services share a server and two clients a channel', async () => {
    const { client, channel } = await loopback(TrainingService, { listRuns: async () => ({ nextPageToken: 'a' }) });
    const second = createClient(TrainingService, channel);
    const answers = await Promise.all([client.listRuns({}), second.listRuns({})]);
    expect(answers.map(({ nextPageToken }) => nextPageToken)).toEqual(['a', 'a']);
  });

  test('what is sent is what arrives', async () => {
    const { client } = await loopback(ScoringService, {
      async getIndexSet({ runId, round }) {
        return { indexSet: create(IndexSetSchema, { runId, round: round ?? 0 }) };
      },
    });
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        async (runId, round) => {
          const { indexSet } = await client.getIndexSet({ runId, round });
          expect([indexSet?.runId, indexSet?.round]).toEqual([runId, round]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
