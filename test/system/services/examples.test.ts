import { status } from '@grpc/grpc-js';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScoringClient } from '../../../clients/node/scoring-client.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { digits, EXAMPLES } from './requests.ts';
import { rpcFailure } from './rpc-failure.ts';
import { type Stack, startStack } from './stack.ts';

let stack: Stack;
let scoring: ScoringClient;

beforeAll(async () => {
  stack = await startStack('scoring');
  scoring = await stack.scoring();
});

afterAll(() => stack.stop());

describe('GetExamples', () => {
  it('shows digits at their own size, with their labels, in the order asked for', async () => {
    const examples = await scoring.getExamples({ dataset: digits, indices: [2, 0, 5] });
    // the first digits of MNIST, class shares kept: 5, 0, 4, 1, 9, 2
    expect(examples.map(({ index, label, className }) => [index, label, className])).toEqual([
      [2, 4, '4'],
      [0, 5, '5'],
      [5, 2, '2'],
    ]);
    for (const { png } of examples) {
      expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 28, height: 28, channels: 1 });
      const { channels } = await sharp(png).stats();
      expect([channels[0]!.min, channels[0]!.max > 200]).toEqual([0, true]);
    }
  });

  it('gives as many as it says it does', async () => {
    const indices = Array.from({ length: 256 }, (_, i) => i);
    expect((await scoring.getExamples({ dataset: digits, indices })).map(({ index }) => index)).toEqual(indices);
  });

  it.each([
    ['indices[1]', { dataset: digits, indices: [0, EXAMPLES] }],
    ['indices', { dataset: digits, indices: [] }],
    ['indices', { dataset: digits, indices: Array.from({ length: 257 }, () => 0) }],
    ['dataset', { indices: [0] }],
    ['dataset.train_examples', { dataset: { ...digits, trainExamples: 60_001 }, indices: [0] }],
  ])('refuses %s: %#', async (field, request) => {
    const failure = await rpcFailure(scoring.getExamples(request));
    expect(failure).toMatchObject({ code: status.INVALID_ARGUMENT, reason: ErrorReason.INVALID_FIELD });
    expect(failure.fields.map((violation) => violation.field)).toEqual([field]);
  });

  it('knows no data set that is not there', async () => {
    const failure = await rpcFailure(scoring.getExamples({ dataset: { name: 'no-such' }, indices: [0] }));
    expect(failure).toMatchObject({ code: status.NOT_FOUND, reason: ErrorReason.UNKNOWN_DATASET });
  });
});
