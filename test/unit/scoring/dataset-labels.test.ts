import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { DatasetSpecSchema } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { DatasetLabels } from '../../../services/scoring/dataset-labels.ts';
import type { LabelsRequest, LabelsResult } from '../../../services/scoring/score-messages.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';

const spec = (name: string) => create(DatasetSpecSchema, { name });

/** A thread that has read data set NAME when it says fingerprint of-NAME. */
function thread() {
  const asked: string[] = [];
  const run = async <Result>(_kind: string, request: unknown): Promise<Result> => {
    const { name } = (request as LabelsRequest).dataset;
    asked.push(name);
    const result: LabelsResult = { labels: Uint16Array.of(1, 0), classes: 2, fingerprint: `of-${name}` };
    return result as Result;
  };
  return { asked, labels: new DatasetLabels({ run }) };
}

test('a data set is read once, and again when eight others were asked for since', async () => {
  const { asked, labels } = thread();
  for (let i = 0; i < 8; i += 1) await labels.of(spec(`${i}`), `of-${i}`);
  expect((await labels.of(spec('0'), 'of-0')).labels).toEqual(Uint16Array.of(1, 0));
  expect(asked).toHaveLength(8);
  await labels.of(spec('8'), 'of-8');
  await labels.of(spec('0'), 'of-0');
  expect(asked).toHaveLength(9);
  await labels.of(spec('1'), 'of-1');
  expect(asked).toHaveLength(10);
});

test('a data set whose files are others by now is refused, and not remembered', async () => {
  const { asked, labels } = thread();
  for (let i = 0; i < 2; i += 1) {
    const { message } = await expectAppError(labels.of(spec('a'), 'of-before'), ErrorReason.INVALID_INDEX_SET);
    expect(message).toContain("data set 'a' is not the one");
  }
  expect(asked).toEqual(['a', 'a']);
});
