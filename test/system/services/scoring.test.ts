import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeIndices } from '../../../clients/node/index-set.ts';
import type { ScoringClient, ScoringPart } from '../../../clients/node/scoring-client.ts';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { writeIdxFiles } from '../../unit/dataset/fixtures/idx-files.ts';
import { MNIST_SHAPE, mnistDigits } from '../../unit/dataset/fixtures/mnist.ts';
import { attack, digits, EXAMPLES, tinyTarget } from './requests.ts';
import { type Stack, startStack } from './stack.ts';

let stack: Stack;
let scoring: ScoringClient;

beforeAll(async () => {
  stack = await startStack('scoring');
  scoring = await stack.scoring();
});

afterAll(() => stack.stop());

async function score(target = tinyTarget(), scorer = 'adversarial-loss'): Promise<ScoringPart[]> {
  const parts: ScoringPart[] = [];
  for await (const part of scoring.scoreDataset({ target, scorer })) parts.push(part);
  return parts;
}

function scoresOf(parts: readonly ScoringPart[]): number[] {
  const scores: number[] = [];
  for (const part of parts) {
    if (part.case !== 'scores') continue;
    expect(part.value.firstIndex).toBe(scores.length);
    scores.push(...part.value.scores);
  }
  return scores;
}

/** Scores of a hundred digits, repeated, in a data set of their own. */
async function scoresOfDigits(name: string, times: number): Promise<number[]> {
  const path = join(stack.dataRoot, name);
  await mkdir(path);
  const { images, labels } = mnistDigits(0, 100);
  const train = {
    images: Uint8Array.from(Array.from({ length: times }, () => [...images]).flat()),
    labels: Uint16Array.from(Array.from({ length: times }, () => [...labels]).flat()),
  };
  await writeIdxFiles(path, MNIST_SHAPE, { train, test: mnistDigits(400, 20) });
  return scoresOf(await score(tinyTarget({ dataset: { name } })));
}

async function select(fraction: number, scorer = 'adv-grad-match', target = tinyTarget()): Promise<IndexSet> {
  const request = { target, selection: { scorer, fraction } };
  for await (const part of scoring.selectSubset(request)) if (part.case === 'indexSet') return part.value;
  throw new Error('the stream ended without an index set');
}

it('lists its scorers in alphabetical order', async () => {
  const names = (await scoring.listScorers()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['adv-grad-match', 'adversarial-loss', 'el2n', 'random']));
  expect(names).toEqual([...names].sort());
});

describe('ScoreDataset', () => {
  let parts: ScoringPart[];

  beforeAll(async () => {
    parts = await score();
  });

  it('streams progress, one score per example in order, and a summary', () => {
    const kinds = parts.map((part) => part.case);
    expect(kinds.filter((kind, i) => kind !== kinds[i - 1])).toEqual(['progress', 'scores', 'summary']);
    const progress = parts.flatMap((part) => (part.case === 'progress' ? [part.value] : []));
    for (const { phase, done, total } of progress) {
      expect({ phase, total }).toEqual({ phase: 'attack', total: EXAMPLES });
      expect(done).toBeLessThanOrEqual(total);
    }
    const scores = scoresOf(parts);
    expect(scores).toHaveLength(EXAMPLES);
    expect(scores.every((value) => Number.isFinite(value) && value > 0)).toBe(true);
    expect(new Set(scores).size).toBeGreaterThan(EXAMPLES / 2);
    const last = parts.at(-1)!;
    if (last.case !== 'summary') throw new Error('the last part is no summary');
    expect(last.value.dataset).toMatchObject({ trainExamples: EXAMPLES, height: 28, width: 28, channels: 1 });
    const { passes, seconds } = last.value.cost!;
    expect(passes).toMatchObject({
      forward: BigInt(EXAMPLES * (attack.steps + 2)),
      backward: BigInt(EXAMPLES * attack.steps),
    });
    expect(seconds!.attack + seconds!.scoring).toBeCloseTo(seconds!.total, 6);
  });

  it('gives the same scores again, with a fresh model drawn from the seed', async () => {
    expect(scoresOf(await score())).toEqual(scoresOf(parts));
    expect(scoresOf(await score(tinyTarget({ seed: 8n })))).not.toEqual(scoresOf(parts));
  });

  it('gives an example the same score whatever stands beside it', async () => {
    // Thrice the same hundred digits, so that the network's normalisation is the same as of the hundred alone; the
    // attack's start follows the index, and so differs from one repetition to the next.
    const [once, thrice] = [await scoresOfDigits('once', 1), await scoresOfDigits('thrice', 3)];
    expect([once.length, thrice.length]).toEqual([100, 300]);
    for (const [i, value] of once.entries()) expect(thrice[i]).toBeCloseTo(value, 4);
    expect(thrice.slice(100, 200)).not.toEqual(once);
  });
});

describe('SelectSubset', () => {
  it('keeps exactly k examples and says how well, without a run', async () => {
    const set = await select(0.1);
    expect(set).toMatchObject({ runId: '', round: 0, checkpointSha256: '', datasetExamples: EXAMPLES, seed: 7n });
    expect(decodeIndices(set).indices).toHaveLength(30);
    expect(set.quality!.residual).toBeGreaterThan(0);
    expect(set.indexGaps).toEqual((await select(0.1)).indexGaps);
  });

  it('keeps exactly k examples whichever scorer is asked', async () => {
    for (const { name } of await scoring.listScorers()) {
      const { indices } = decodeIndices(await select(0.2, name));
      expect({ name, kept: indices.length }).toEqual({ name, kept: 60 });
    }
  });

  it.each(['adversarial-loss', 'el2n'])('keeps the examples that %s scores highest', async (scorer) => {
    const scores = scoresOf(await score(tinyTarget(), scorer));
    const { indices } = decodeIndices(await select(0.2, scorer));
    const kept = new Set(indices);
    const least = Math.min(...Array.from(indices, (index) => scores[index]));
    const others = scores.filter((_, index) => !kept.has(index));
    expect(kept.size).toBe(60);
    expect(Math.max(...others)).toBeLessThanOrEqual(least);
  });

  it('attacks held-out examples too, for a scorer that reads them', async () => {
    const target = tinyTarget({ dataset: { ...digits, validationExamples: 50 } });
    const [plain, validated] = [await select(0.2, 'adv-glister'), await select(0.2, 'adv-glister', target)];
    expect(validated.datasetFingerprint).toBe(plain.datasetFingerprint);
    expect(validated.indexGaps).not.toEqual(plain.indexGaps);
    const steps = BigInt(attack.steps);
    expect(validated.cost!.passes!.backward - plain.cost!.passes!.backward).toBe(50n * steps);
    expect((await select(0.2, 'el2n', target)).cost!.passes).toEqual((await select(0.2, 'el2n')).cost!.passes);
  });

  it('matches gradients the better the more it may keep', async () => {
    const residuals = [(await select(0.05)).quality!.residual!, (await select(0.4)).quality!.residual!];
    expect(residuals[1]).toBeLessThan(residuals[0]);
  });

  it('tells data sets apart by their fingerprint', async () => {
    const fingerprints = [
      (await select(0.1, 'random')).datasetFingerprint,
      (await select(0.1, 'random')).datasetFingerprint,
      (await select(0.1, 'random', tinyTarget({ dataset: { ...digits, trainExamples: 299 } }))).datasetFingerprint,
    ];
    expect(fingerprints[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprints[1]).toBe(fingerprints[0]);
    expect(fingerprints[2]).not.toBe(fingerprints[0]);
  });
});
