import { type EvaluationBatch, takeRows } from '../../../../services/numerics/evaluation/evaluation-batch.ts';
import type { ExampleSource } from '../../../../services/numerics/evaluation/run-rounds.ts';

/** The rows of a batch as the examples of an evaluation, and how many were asked for each time. */
export function batchSource({ images, oneHot }: Omit<EvaluationBatch, 'indices'>): ExampleSource & { asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    size: images.shape[0],
    batch: (examples) => {
      asked.push(examples.length);
      return { images: takeRows(images, [...examples]), oneHot: takeRows(oneHot, [...examples]) };
    },
  };
}
