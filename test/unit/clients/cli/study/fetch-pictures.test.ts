import { expect, onTestFinished, test } from 'vitest';
import { fetchPictures } from '../../../../../clients/cli/study/fetch-pictures.ts';
import { connectScoring } from '../../../../../clients/node/scoring-client.ts';
import { invalidField } from '../../../../../services/app-error.ts';
import { sampleCell } from '../../../report/study/sample-study.ts';
import { scriptedServer } from '../../scripted-server.ts';

const dataset = { name: 'cifar10', trainExamples: 12_000 };

type Answer = NonNullable<NonNullable<Parameters<typeof scriptedServer>[0]['scoring']>['getExamples']>;

/** A scoring service, and what a fetch through it notes. */
async function setUp(getExamples: Answer) {
  const { address } = await scriptedServer({ scoring: { getExamples } });
  const scoring = connectScoring(address);
  onTestFinished(() => scoring.close());
  const notes: string[] = [];
  const controller = new AbortController();
  const tools = { scoring, note: (text: string) => notes.push(text), signal: controller.signal };
  return { tools, notes, controller };
}

/** A scorer's cell that shows examples `from` .. `from` + 299. */
function cell(from: number) {
  const mostKept = Array.from({ length: 300 }, (_, i) => ({ index: from + i, rounds: 1, weight: 1 }));
  return { ...sampleCell({ scorer: 'adv-grad-match', fraction: 0.3 }), mostKept, leastKept: [] };
}

test('asks for all examples, as many at a time as a call gives', async () => {
  const asked: number[] = [];
  const { tools, notes } = await setUp(async ({ dataset: of, indices }) => {
    expect(of).toMatchObject(dataset);
    asked.push(indices.length);
    return { examples: indices.map((index) => ({ index, className: 'cat', png: Uint8Array.of(index % 256) })) };
  });
  const [most] = await fetchPictures(dataset, [cell(100)], tools);
  expect(asked).toEqual([256, 44]);
  expect(most!.images).toHaveLength(300);
  const { png, caption } = most!.images[7]!;
  expect([...png, caption]).toEqual([107, 'cat · kept in 1 of 3 rounds · example 107']);
  expect(notes).toEqual([]);
});

test('goes without pictures where they can not be had, and says why', async () => {
  const { tools, notes } = await setUp(async () => {
    throw invalidField('indices[3]', '103 is not below 100');
  });
  expect(await fetchPictures(dataset, [cell(100)], tools)).toEqual([]);
  expect(notes).toEqual([expect.stringMatching(/^the page shows no examples: .*103 is not below 100/)]);
});

test('asks nothing where nothing was scored, and ends when it is told to', async () => {
  const { tools, controller, notes } = await setUp(async () => ({ examples: [] }));
  const unreachable = { ...tools, scoring: { getExamples: async () => Promise.reject(new Error('asked')) } };
  expect(await fetchPictures(dataset, [sampleCell()], unreachable)).toEqual([]);
  controller.abort();
  await expect(fetchPictures(dataset, [cell(0)], tools)).rejects.toThrow();
  expect(notes).toEqual([]);
});
