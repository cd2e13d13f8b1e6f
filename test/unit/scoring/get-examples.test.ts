import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { GetExamplesRequestSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { getExamples } from '../../../services/scoring/get-examples.ts';
import type { ExamplesRequest } from '../../../services/scoring/score-messages.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';

const { signal } = new AbortController();

/** A thread that has an image of one byte for every index. */
function thread() {
  const asked: [string, unknown][] = [];
  const run = async <Result>(kind: string, request: unknown): Promise<Result> => {
    asked.push([kind, request]);
    const { indices } = request as ExamplesRequest;
    return indices.map((index) => ({ index, label: 1, className: 'cat', png: Uint8Array.of(index) })) as Result;
  };
  return { asked, run };
}

const request = (indices: number[], dataset: object | undefined = { name: 'tiny' }) =>
  create(GetExamplesRequestSchema, { indices, ...(dataset && { dataset }) });

test('asks the thread that reads data sets, once', async () => {
  const { asked, run } = thread();
  const { examples } = await getExamples(request([7, 2]), { run }, signal);
  expect(examples!.map(({ index }) => index)).toEqual([7, 2]);
  expect(asked).toEqual([['examples', { dataset: expect.objectContaining({ name: 'tiny' }), indices: [7, 2] }]]);
});

test.each([
  ['dataset', create(GetExamplesRequestSchema, { indices: [0] }), 'is missing'],
  ['indices', request([]), 'is empty'],
  ['indices', request(Array.from({ length: 257 }, () => 0)), '257 are more than 256'],
])('refuses %s: %#', async (field, wrong, description) => {
  const { asked, run } = thread();
  const { fields } = await expectAppError(getExamples(wrong, { run }, signal), ErrorReason.INVALID_FIELD);
  expect(fields).toEqual([{ field, description: expect.stringContaining(description) }]);
  expect(asked).toEqual([]);
});
