import type { Dataset, Split } from '../dataset/dataset.ts';
import { imageSize, splitSize } from '../dataset/dataset.ts';
import { tensorBatch } from '../dataset/tensor-batch.ts';
import type { ExampleSource } from '../numerics/evaluation/run-rounds.ts';

/** The first `count` examples of a split; all where `count` is 0 or more than there are. */
export function firstExamples({ images, labels }: Split, count: number, dataset: Dataset): Split {
  const kept = Math.min(count || labels.length, labels.length);
  return { images: images.subarray(0, kept * imageSize(dataset)), labels: labels.subarray(0, kept) };
}

/** A split's examples for an evaluation to attack. */
export function exampleSource(dataset: Dataset, split: Split): ExampleSource {
  return { size: splitSize(split), batch: (indices) => tensorBatch(dataset, split, indices) };
}
