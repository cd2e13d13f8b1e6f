import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EvaluationSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { BestSoFar } from '../../../services/training/best-so-far.ts';

/** The model kept of those that reached these robust accuracies, one an epoch, and the epochs whose file was made. */
function compete(accuracies: readonly number[]) {
  const best = new BestSoFar();
  const made: number[] = [];
  for (const [epoch, robustAccuracy] of accuracies.entries()) {
    best.offer(epoch, create(EvaluationSchema, { robustAccuracy }), () => {
      made.push(epoch);
      return Uint8Array.of(epoch);
    });
  }
  return { kept: best.kept, made };
}

describe('the best model so far', () => {
  test('is the most robust one, the earlier of equals', () => {
    const { kept, made } = compete([0.2, 0.5, 0.4, 0.5]);
    expect(kept).toMatchObject({ epoch: 1, validation: { robustAccuracy: 0.5 }, file: Uint8Array.of(1) });
    expect(made).toEqual([0, 1]);
  });

  test('may have no robust example at all, but never NaN', () => {
    expect(compete([0, 0]).kept?.epoch).toBe(0);
    expect(compete([Number.NaN, 0.1, Number.NaN]).kept?.epoch).toBe(1);
    expect(compete([Number.NaN])).toEqual({ kept: undefined, made: [] });
    expect(compete([]).kept).toBeUndefined();
  });

  test('is the first to reach the highest figure, whatever the course', () => {
    const accuracy = fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 0, max: 10 }));
    fc.assert(
      fc.property(fc.array(accuracy, { maxLength: 20 }), (accuracies) => {
        const numbers = accuracies.filter((value) => !Number.isNaN(value));
        const first = numbers.length > 0 ? accuracies.indexOf(Math.max(...numbers)) : undefined;
        expect(compete(accuracies).kept?.epoch).toBe(first);
      }),
    );
  });
});
