import { describe, expect, it } from 'vitest';
import { MIN_STD, normalisationOf } from '../../../services/dataset/normalisation.ts';
import { MNIST_SHAPE, mnistDigits } from './fixtures/mnist.ts';

const ONE_PIXEL_RGB = { height: 1, width: 1, channels: 3 };

describe('normalisationOf', () => {
  it('gives each channel its mean and population standard deviation', () => {
    const split = { images: Uint8Array.of(0, 51, 255, 255, 153, 255), labels: Uint16Array.of(0, 1) };
    const { mean, std } = normalisationOf(split, ONE_PIXEL_RGB);
    expect(mean).toEqual([0.5, 0.4, 1]);
    expect(std[0]).toBeCloseTo(0.5, 12);
    expect(std[1]).toBeCloseTo(0.2, 12);
  });

  it('never divides by less than one grey level', () => {
    const split = { images: new Uint8Array(6).fill(77), labels: Uint16Array.of(0, 1) };
    expect(normalisationOf(split, ONE_PIXEL_RGB).std).toEqual([MIN_STD, MIN_STD, MIN_STD]);
  });

  it("finds MNIST's well-known figures", () => {
    const { mean, std } = normalisationOf(mnistDigits(0, 10_000), MNIST_SHAPE);
    // 0.1325 and 0.3105 on the test images, 0.1307 and 0.3081 on the training images.
    expect(mean[0]).toBeCloseTo(0.1325, 4);
    expect(std[0]).toBeCloseTo(0.3105, 4);
  });
});
