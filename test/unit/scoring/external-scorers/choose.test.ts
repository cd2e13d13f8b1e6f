import { expect, test } from 'vitest';
import { choose } from '../../../../services/scoring/external-scorers/choose.ts';

const labels = Uint16Array.of(0, 0, 0, 1, 1, 1);

test('keeps the highest scores, and of each class what its floor asks for', async () => {
  const answer = { scores: Float64Array.of(6, 5, 4, 3, 2, 1) };
  const free = await choose({ answer, labels, classes: 2, k: 2, classFloor: 0 });
  expect(free.indices).toEqual(Uint32Array.of(0, 1));
  expect(free.quality).toMatchObject({ effectiveSampleSize: 2, keptPerClass: [2, 0] });
  const floored = await choose({ answer, labels, classes: 2, k: 2, classFloor: 1, previous: Uint32Array.of(0, 1) });
  expect(floored.indices).toEqual(Uint32Array.of(0, 3));
  expect(floored.quality).toMatchObject({ keptPerClass: [1, 1], overlap: 1 / 3 });
  expect(floored.scores).toEqual(Float32Array.of(6, 5, 4, 3, 2, 1));
});

test('stores scores beyond float32 as its largest, and ranks them as they are', async () => {
  const answer = { scores: Float64Array.of(1e300, 2e300, -1e300, 0, 0, 0) };
  const { indices, scores } = await choose({ answer, labels, classes: 2, k: 1, classFloor: 0 });
  expect(indices).toEqual(Uint32Array.of(1));
  expect([...scores!.subarray(0, 3)].every(Number.isFinite)).toBe(true);
});

test('takes a set as it is', async () => {
  const answer = { indices: Uint32Array.of(1, 4), weights: Float32Array.of(1, 3) };
  const { indices, weights, scores, quality } = await choose({ answer, labels, classes: 2, k: 2, classFloor: 0 });
  expect({ indices, weights, scores }).toEqual({ ...answer, scores: undefined });
  expect(quality.effectiveSampleSize).toBeCloseTo(16 / 10);
});
