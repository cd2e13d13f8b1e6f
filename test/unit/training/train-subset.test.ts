import { describe, expect, test } from 'vitest';
import { type Dataset, imageSize } from '../../../services/dataset/dataset.ts';
import { expectNear } from '../numerics/tensor-assertions.ts';
import { tinyDataset } from '../tiny-dataset.ts';
import { newTrainer, train, weightsAfter } from './training-runs.ts';

const EVEN = Uint32Array.from({ length: 24 }, (_, i) => 2 * i);
/** Examples 0, 6, 12, .. of weight 0. */
const ZEROS = Float32Array.from(EVEN, (index) => (index % 6 === 0 ? 0 : 1 + (index % 4)));

/** The tiny data set with the pixels of some examples turned upside down. */
function altered(which: (index: number) => boolean): Dataset {
  const dataset = tinyDataset();
  const size = imageSize(dataset);
  const images = dataset.train.images.map((pixel, i) => (which(Math.floor(i / size)) ? 255 - pixel : pixel));
  return { ...dataset, train: { ...dataset.train, images } };
}

describe('training on a subset', () => {
  test('sees its examples and no others', async () => {
    const trainer = newTrainer();
    const [outcome] = await train(trainer, 1, { indices: EVEN });
    expect(outcome.examples).toBe(24);
    expect(trainer.updates).toBe(2);
    const weights = await weightsAfter(newTrainer(), 1, { indices: EVEN });
    const others = altered((index) => index % 2 === 1);
    expect(await weightsAfter(newTrainer({}, others), 1, { indices: EVEN })).toEqual(weights);
    const one = altered((index) => index === 10);
    expect(await weightsAfter(newTrainer({}, one), 1, { indices: EVEN })).not.toEqual(weights);
  });

  test('gives examples of weight 0 no part in an update', async () => {
    const subset = { indices: EVEN, weights: ZEROS };
    const weights = await weightsAfter(newTrainer(), 2, subset);
    const zeros = altered((index) => index % 6 === 0);
    expect(await weightsAfter(newTrainer({}, zeros), 2, subset)).toEqual(weights);
    const one = altered((index) => index === 10);
    expect(await weightsAfter(newTrainer({}, one), 2, subset)).not.toEqual(weights);
  });

  test('does the same for equal weights of any size as without', async () => {
    const without = await weightsAfter(newTrainer(), 1, { indices: EVEN });
    const equal = await weightsAfter(newTrainer(), 1, { indices: EVEN, weights: new Float32Array(24).fill(7) });
    expectNear(equal, without, 1e-5);
    const uneven = await weightsAfter(newTrainer(), 1, { indices: EVEN, weights: ZEROS });
    expect(() => expectNear(uneven, without, 1e-4)).toThrow();
  });

  test('gives each weight to its own example, in whatever order an epoch takes them', async () => {
    // all weight on one example: an epoch of one batch is then a step on that example alone
    const weights = Float32Array.from(EVEN, (index) => (index === 10 ? 1 : 0));
    const trained = await weightsAfter(newTrainer({ batchSize: 48 }), 1, { indices: EVEN, weights });
    const others = altered((index) => index !== 10);
    expect(await weightsAfter(newTrainer({ batchSize: 48 }, others), 1, { indices: EVEN, weights })).toEqual(trained);
  });
});
