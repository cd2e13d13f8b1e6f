import type { ImageShape, Split } from './dataset.ts';

/** Per-channel figures in units of pixels scaled to [0,1], in channel order. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Smallest standard deviation, one grey level: a channel that varies less is constant, and dividing by ~0 would turn rounding into signal. */
export const MIN_STD = 1 / 255;

/**
 * Mean and population standard deviation of every channel over all pixels of a split, for the model's first layer.
 * Computed from a histogram of the 256 values, so it is exact to rounding and the same on every machine.
 */
export function normalisationOf(split: Split, { channels }: ImageShape): Normalisation {
  const moments = channelHistograms(split.images, channels).map(histogramMoments);
  return { mean: moments.map(({ mean }) => mean), std: moments.map(({ std }) => std) };
}

function channelHistograms(images: Uint8Array, channels: number): Float64Array[] {
  return Array.from({ length: channels }, (_, channel) => {
    const histogram = new Float64Array(256);
    for (let i = channel; i < images.length; i += channels) histogram[images[i]]++;
    return histogram;
  });
}

function histogramMoments(histogram: Float64Array): { mean: number; std: number } {
  const count = histogram.reduce((sum, occurrences) => sum + occurrences, 0);
  const mean = histogram.reduce((sum, occurrences, value) => sum + occurrences * value, 0) / count;
  const squares = histogram.reduce((sum, occurrences, value) => sum + occurrences * (value - mean) ** 2, 0);
  return { mean: mean / 255, std: Math.max(MIN_STD, Math.sqrt(squares / count) / 255) };
}
