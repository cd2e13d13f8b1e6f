import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectScoring } from '../../../../clients/node/scoring-client.ts';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ObjectiveKind } from '../../../../proto/gen/winnow/v1/objective_pb.ts';
import { AppError } from '../../../../services/app-error.ts';
import { eventually } from '../../platform/eventually.ts';
import { scriptedServer } from '../scripted-server.ts';

async function client(scoring: NonNullable<Parameters<typeof scriptedServer>[0]['scoring']>) {
  const { address } = await scriptedServer({ scoring });
  const connected = connectScoring(address);
  onTestFinished(() => connected.close());
  return connected;
}

test('lists scorers', async () => {
  const scoring = await client({ listScorers: async () => ({ scorers: [{ name: 'craig' }, { name: 'random' }] }) });
  expect((await scoring.listScorers()).map(({ name }) => name)).toEqual(['craig', 'random']);
});

test('asks for the newest index set where no round is given, and for round 0 where it is', async () => {
  const asked: (number | undefined)[] = [];
  const scoring = await client({
    getIndexSet: async ({ round }) => {
      asked.push(round);
      return { indexSet: { runId: 'r1' } };
    },
  });
  await scoring.getIndexSet('r1');
  await scoring.getIndexSet('r1', 0);
  expect(asked).toEqual([undefined, 0]);
});

test('a missing index set is an error with its reason', async () => {
  const scoring = await client({
    getIndexSet: async () => {
      throw new AppError(ErrorReason.UNKNOWN_INDEX_SET, 'run r1 has no round 7');
    },
  });
  await expect(scoring.getIndexSet('r1', 7)).rejects.toMatchObject({
    code: status.NOT_FOUND,
    reason: ErrorReason.UNKNOWN_INDEX_SET,
  });
});

test('asks why examples were kept or dropped', async () => {
  const asked: unknown[] = [];
  const scoring = await client({
    explainExamples: async ({ runId, indices }) => {
      asked.push([runId, indices]);
      return { scorer: 'el2n', examples: indices.map((index) => ({ index })) };
    },
  });
  const { examples, scorer } = await scoring.explainExamples('r1', [7, 0]);
  expect(asked).toEqual([['r1', [7, 0]]]);
  expect(scorer).toBe('el2n');
  expect(examples.map(({ index }) => index)).toEqual([7, 0]);
});

test('shows examples in the order asked for', async () => {
  const scoring = await client({
    getExamples: async ({ dataset, indices }) => ({
      examples: indices.map((index) => ({ index, className: dataset!.name, png: Uint8Array.of(index) })),
    }),
  });
  const examples = await scoring.getExamples({ dataset: { name: 'mnist' }, indices: [7, 0] });
  expect(examples.map(({ index, className, png }) => [index, className, [...png]])).toEqual([
    [7, 'mnist', [7]],
    [0, 'mnist', [0]],
  ]);
});

test('progress and the set of a selection arrive in order', async () => {
  const scoring = await client({
    async *selectSubset() {
      yield { part: { case: 'progress', value: { phase: 'attack', done: 1, total: 2 } } };
      yield { part: { case: 'indexSet', value: { scorer: 'random' } } };
    },
  });
  const cases: string[] = [];
  for await (const part of scoring.selectSubset({})) cases.push(part.case);
  expect(cases).toEqual(['progress', 'indexSet']);
});

test('a watch that broke goes on after the last round received', async () => {
  const from: number[] = [];
  const scoring = await client({
    async *watchIndexSets({ fromRound }) {
      from.push(fromRound);
      yield { indexSet: { round: fromRound } };
      yield { indexSet: { round: fromRound + 1 } };
      if (from.length < 3) throw new AppError(ErrorReason.BUS_UNAVAILABLE, 'restarting');
    },
  });
  const rounds: number[] = [];
  for await (const { round } of scoring.watchIndexSets('r1', 2)) rounds.push(round);
  expect(from).toEqual([2, 4, 6]);
  expect(rounds).toEqual([2, 3, 4, 5, 6, 7]);
});

describe('signals of a trainer of its own', () => {
  const setting = { examples: 5, classes: 2, objective: { kind: ObjectiveKind.AT }, seed: 1n };

  test('are sent after the setting, from any kind of array, their first indices counted', async () => {
    const seen: unknown[] = [];
    const scoring = await client({
      async *selectFromSignals(requests) {
        for await (const { part } of requests) {
          if (part.case === 'setting') seen.push(part.value.examples);
          if (part.case === 'batch') {
            const { firstIndex, labels, adversarialLogits, adversarialLosses } = part.value;
            seen.push({ firstIndex, labels, adversarialLogits, adversarialLosses });
            yield {
              part: { case: 'progress', value: { phase: 'receive', done: firstIndex + labels.length, total: 5 } },
            };
          }
        }
        yield { part: { case: 'indexSet', value: { scorer: 'el2n' } } };
      },
    });
    const batches = [
      { labels: Uint16Array.of(1, 0, 1), adversarialLogits: Float32Array.of(1, 2, 3, 4, 5, 6) },
      { labels: [0, 1], adversarialLosses: [0.5, 0.25] },
    ];
    const cases: string[] = [];
    for await (const part of scoring.selectFromSignals(setting, batches)) cases.push(part.case);
    expect(cases).toEqual(['progress', 'progress', 'indexSet']);
    expect(seen).toEqual([
      5,
      { firstIndex: 0, labels: [1, 0, 1], adversarialLogits: [1, 2, 3, 4, 5, 6], adversarialLosses: [] },
      { firstIndex: 3, labels: [0, 1], adversarialLogits: [], adversarialLosses: [0.5, 0.25] },
    ]);
  });

  test('are made only as fast as the service takes them', async () => {
    let made = 0;
    const endless = function* () {
      for (;;) {
        made += 1;
        yield { labels: [0], adversarialFeatures: new Float32Array(250_000) };
      }
    };
    let refuse: () => void = () => {};
    const scoring = await client({
      async *selectFromSignals(requests) {
        await requests[Symbol.asyncIterator]().next();
        yield {};
        await new Promise<void>((resolve) => {
          refuse = resolve;
        });
        throw new AppError(ErrorReason.OVERLOADED, 'no room');
      },
    });
    const refused = expect(drain(scoring.selectFromSignals(setting, endless()))).rejects.toMatchObject({
      reason: ErrorReason.OVERLOADED,
    });
    await eventually(() => made > 1);
    const standing = async (): Promise<number> => {
      const before = made;
      await sleep(300);
      return before === made ? made : standing();
    };
    // a megabyte each; what waits on the way is the stream's sixteen messages on either side
    expect(await standing()).toBeLessThan(50);
    refuse();
    await refused;
  });

  test('end with their call, when it is cancelled or its source fails', async () => {
    const scoring = await client({
      async *selectFromSignals(requests) {
        for await (const _ of requests) yield { part: { case: 'progress', value: { phase: 'receive' } } };
      },
    });
    let closed = 0;
    const source = async function* (fail?: Error) {
      try {
        yield { labels: [0] };
        if (fail) throw fail;
        await new Promise(() => {});
      } finally {
        closed += 1;
      }
    };
    const stop = new AbortController();
    const call = (async () => {
      for await (const _ of scoring.selectFromSignals(setting, source(), { signal: stop.signal })) stop.abort();
    })();
    await expect(call).rejects.toMatchObject({ code: status.CANCELLED });
    await expect(drain(scoring.selectFromSignals(setting, source(new Error('no more'))))).rejects.toThrow('no more');
    await eventually(() => closed > 0);
    await expect(drain(scoring.selectFromSignals(setting, source(), { timeoutMs: 50 }))).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
  });
});

test('registers scorers and lists where they are, again where the service is away; forgets them once', async () => {
  const calls: string[] = [];
  const scoring = await client({
    registerScorer: async ({ address }) => {
      calls.push(`register ${address}`);
      if (calls.length === 1) throw new AppError(ErrorReason.BUS_UNAVAILABLE, 'restarting');
      return { scorer: { name: 'knn' } };
    },
    unregisterScorer: async ({ name }) => {
      calls.push(`unregister ${name}`);
      throw new AppError(ErrorReason.BUS_UNAVAILABLE, 'restarting');
    },
    listScorers: async () => ({ endpoints: [{ name: 'knn', address: 'a:1', ready: true }] }),
  });
  expect((await scoring.registerScorer('a:1')).name).toBe('knn');
  expect(await scoring.listScorerEndpoints()).toMatchObject([{ name: 'knn', address: 'a:1', ready: true }]);
  await expect(scoring.unregisterScorer('knn')).rejects.toMatchObject({ code: status.UNAVAILABLE });
  expect(calls).toEqual(['register a:1', 'register a:1', 'unregister knn']);
});

async function drain(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of parts);
}
