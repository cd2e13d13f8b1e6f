import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { deleteObject, getObject, putObject } from '../../../services/platform/bus/objects.ts';
import { SCORE_BUCKET } from '../../../services/platform/bus/streams.ts';
import { readScores, storeScores } from '../../../services/scoring/stored-scores.ts';
import { newRunId, sharedNatsServer, testBus } from '../platform/bus/test-bus.ts';

const shared = sharedNatsServer();
const scores = Float32Array.of(0.1, -2.5, 3e38, 0);

async function stored() {
  const { bus } = await testBus(shared.server);
  const runId = newRunId();
  return { bus, runId, ref: await storeScores(bus, { runId, round: 3 }, scores, 'Higher is kept.') };
}

test('come back as they were, with their meaning beside', async () => {
  const { bus, ref } = await stored();
  expect(ref).toMatchObject({ meaning: 'Higher is kept.', sizeBytes: 16n });
  expect(await readScores(bus, ref, 4)).toEqual(scores);
});

test('are little-endian float32 in index order', async () => {
  const { bus, ref } = await stored();
  const bytes = Buffer.from(await getObject(bus, SCORE_BUCKET, ref.name, { sha256: ref.sha256 }));
  expect([0, 4, 8, 12].map((at) => bytes.readFloatLE(at))).toEqual([...scores]);
});

test('made twice do not replace those made first', async () => {
  const { bus, runId, ref } = await stored();
  const other = await storeScores(bus, { runId, round: 3 }, Float32Array.of(9, 9, 9, 9), '');
  expect(other.name).not.toBe(ref.name);
  expect(await readScores(bus, ref, 4)).toEqual(scores);
});

test('are none where they are gone, damaged, of another number or were never there', async () => {
  const { bus, ref } = await stored();
  expect(await readScores(bus, undefined, 4)).toBeUndefined();
  expect(await readScores(bus, ref, 5)).toBeUndefined();
  await putObject(bus, SCORE_BUCKET, ref.name, randomBytes(16));
  expect(await readScores(bus, ref, 4)).toBeUndefined();
  await deleteObject(bus, SCORE_BUCKET, ref.name);
  expect(await readScores(bus, ref, 4)).toBeUndefined();
});

test('that are not finite are refused', async () => {
  const { bus, runId } = await stored();
  const storing = storeScores(bus, { runId, round: 0 }, Float32Array.of(1, Number.POSITIVE_INFINITY), '');
  await expect(storing).rejects.toThrow('the score of example 1 is Infinity');
});
