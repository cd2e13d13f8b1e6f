import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { IndexSetSchema } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ScorerFallback } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { measureSelection } from '../../../services/scoring/measure-selection.ts';
import { recorded, recordedValue } from '../platform/telemetry/recorded-metrics.ts';

const scorer = 'knn';
const set = create(IndexSetSchema, { datasetExamples: 40 });
const fallback = create(IndexSetSchema, { datasetExamples: 40, fallback: { kind: ScorerFallback.RANDOM } });

test('selections are counted by how they ended, and examples where the scorer looked at them', async () => {
  const { signal } = new AbortController();
  expect(await measureSelection(scorer, signal, async () => set)).toBe(set);
  await measureSelection(scorer, signal, async () => fallback);
  await measureSelection(scorer, signal, () => Promise.reject(new Error('no'))).catch(() => {});
  // given up by whoever asked: neither a set nor a failure
  await measureSelection(scorer, AbortSignal.abort(), () => Promise.reject(new Error('over'))).catch(() => {});
  const outcomes = await recorded('winnow.selection.duration');
  expect(outcomes.map(({ attributes, value }) => [attributes['winnow.outcome'], value])).toEqual([
    ['set', 1],
    ['fallback', 1],
    ['failure', 1],
  ]);
  expect(await recordedValue('winnow.selection.examples', { 'winnow.scorer': scorer })).toBe(40);
});
