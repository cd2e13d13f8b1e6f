import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import type { ScorerDefinition, ScoresDefinition } from '../../../../../clients/node/scorer/definition.ts';
import { serveScorer } from '../../../../../clients/node/serve-scorer.ts';
import { ScorerService, Signal } from '../../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { createClient, openChannel } from '../../../../../services/platform/rpc/client.ts';

const scorer: ScoresDefinition = {
  name: 'losses',
  version: '2',
  summary: 'For tests.',
  parameters: [{ name: 'scale', description: 'A factor.', defaultValue: 3, minimum: 0, maximum: 9 }],
  signals: [Signal.LABEL, Signal.ADVERSARIAL_LOSSES],
  output: 'scores',
  score: ({ parameters }, { adversarialLosses }) => Array.from(adversarialLosses, (loss) => parameters.scale! * loss),
};

/** Serves a scorer until the test ends, and gives a client of it. */
async function served(definition: ScorerDefinition) {
  const options = { address: '127.0.0.1:0', endOnSignals: false, logLevel: 'silent' };
  const { address, close } = await serveScorer(definition, options);
  const channel = openChannel(address);
  onTestFinished(async () => {
    channel.close();
    await close(0);
  });
  return { client: createClient(ScorerService, channel), close };
}

async function* requests(parameters: Record<string, number> = {}) {
  yield { part: { case: 'setting' as const, value: { examples: 3, classes: 2, keep: 2, seed: 1n, parameters } } };
  yield { part: { case: 'batch' as const, value: { labels: [0, 1], adversarialLosses: [1, 2] } } };
  yield { part: { case: 'batch' as const, value: { firstIndex: 2, labels: [1], adversarialLosses: [4] } } };
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** All messages of a call. */
async function scored(definition: ScorerDefinition) {
  const { client } = await served(definition);
  return (await all(client.scoreExamples(requests()))).map(({ part }) => part);
}

const setScorer = (indices: number[], weights?: number[]): ScorerDefinition => ({
  ...scorer,
  output: 'set',
  score: () => (weights === undefined ? { indices } : { indices, weights }),
});

test('a scorer is its description and one function', async () => {
  const { client } = await served(scorer);
  const { scorer: described } = await client.describeScorer({});
  expect(described).toMatchObject({ name: 'losses', version: '2', signals: [1, 6], output: 1 });
  expect(described?.parameters).toMatchObject([{ name: 'scale', defaultValue: 3, integer: false }]);
  expect(await client.checkReady({})).toMatchObject({ ready: true, detail: '' });
  const parts = await scored(scorer);
  expect(parts).toMatchObject([{ case: 'scores', value: { firstIndex: 0, scores: [3, 6, 12] } }]);
});

test('a set is sorted, its weights with it', async () => {
  expect(await scored(setScorer([2, 0], [5, 7]))).toMatchObject([
    { case: 'set', value: { indices: [0, 2], weights: [7, 5] } },
  ]);
});

test('a scorer says what it waits for', async () => {
  const { client } = await served({ ...scorer, waitsFor: async () => 'its model' });
  expect(await client.checkReady({})).toMatchObject({ ready: false, detail: 'its model' });
});

test.for([
  ['a score too few', { ...scorer, score: () => [1, 2] }],
  ['a NaN', { ...scorer, score: () => [1, Number.NaN, 2] }],
  ['an index too few', setScorer([1])],
  ['an index twice', setScorer([1, 1])],
  ['an index that is none', setScorer([1, 3])],
  ['a weight too few', setScorer([1, 2], [1])],
  ['a negative weight', setScorer([1, 2], [1, -1])],
  ['weights of 0', setScorer([1, 2], [0, 0])],
] satisfies [string, ScorerDefinition][])('%s from the function never reaches the caller', async ([, definition]) => {
  await expect(scored(definition)).rejects.toMatchObject({ code: status.INTERNAL });
});

test('a cancelled call ends the function at its next pause, and the server goes on', async () => {
  let reason: unknown;
  let began!: () => void;
  const started = new Promise<void>((resolve) => {
    began = resolve;
  });
  const { client } = await served({
    ...scorer,
    async score(setting, signals, context) {
      if (setting.parameters.scale !== 0) return scorer.score(setting, signals, context);
      began();
      try {
        for (;;) await context.pause();
      } catch (error) {
        reason = error;
        throw error;
      }
    },
  });
  const cancel = new AbortController();
  const call = client.scoreExamples(requests({ scale: 0 }), { signal: cancel.signal });
  const ended = expect(call[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: status.CANCELLED });
  await started;
  cancel.abort();
  await ended;
  await expect.poll(() => reason).toMatchObject({ name: 'CallAborted', code: status.CANCELLED });
  const [first] = await all(client.scoreExamples(requests()));
  expect(first?.part.case).toBe('scores');
});

test('more examples than memory holds are refused before any is sent', async () => {
  const { client } = await served({ ...scorer, signals: [Signal.CLEAN_FEATURES] });
  async function* announced() {
    const value = { examples: 2 ** 32 - 1, classes: 2, keep: 1, features: 4096 };
    yield { part: { case: 'setting' as const, value } };
  }
  await expect(all(client.scoreExamples(announced()))).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
  });
});

test('closing lets a call under way end', async () => {
  let release!: () => void;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let began!: () => void;
  const started = new Promise<void>((resolve) => {
    began = resolve;
  });
  const { client, close } = await served({
    ...scorer,
    async score(setting, signals, context) {
      began();
      await held;
      return scorer.score(setting, signals, context);
    },
  });
  const answer = all(client.scoreExamples(requests()));
  await started;
  const closed = close(20_000);
  release();
  expect(await answer).toHaveLength(1);
  await closed;
});

test.for([
  [{ ...scorer, name: 'My scorer' }, 'lower case'],
  [{ ...scorer, version: '' }, 'version'],
  [{ ...scorer, signals: [] }, 'no signal'],
  [{ ...scorer, signals: [Signal.LABEL, Signal.LABEL] }, 'twice'],
  [{ ...scorer, signals: [Signal.UNSPECIFIED] }, 'not in the contract'],
  [{ ...scorer, parameters: [...scorer.parameters!, ...scorer.parameters!] }, 'same name'],
  [{ ...scorer, parameters: [{ ...scorer.parameters![0]!, defaultValue: 10 }] }, 'not within its bounds'],
  [{ ...scorer, parameters: [{ ...scorer.parameters![0]!, maximum: Infinity }] }, 'finite'],
  [{ ...scorer, parameters: [{ ...scorer.parameters![0]!, defaultValue: 0.5, integer: true }] }, 'whole number'],
] satisfies [ScorerDefinition, string][])(
  'a description that is wrong is refused at the start: %#',
  async ([wrong, text]) => {
    await expect(serveScorer(wrong, { address: '127.0.0.1:0', endOnSignals: false })).rejects.toThrow(text);
  },
);
