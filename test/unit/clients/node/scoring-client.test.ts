import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { connectScoring } from '../../../../clients/node/scoring-client.ts';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../../../services/app-error.ts';
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
