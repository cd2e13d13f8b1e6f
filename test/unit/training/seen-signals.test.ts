import { expect, test } from 'vitest';
import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { readTrainingSignals } from '../../../services/scoring/training-signals.ts';
import { SeenSignals } from '../../../services/training/seen-signals.ts';

const LABELS = Uint16Array.of(0, 1, 0, 1, 1);
const SHAPE = { classes: 2, features: 3, labels: LABELS };
const ALL = [
  Signal.CLEAN_LOGITS,
  Signal.ADVERSARIAL_LOGITS,
  Signal.CLEAN_FEATURES,
  Signal.ADVERSARIAL_FEATURES,
] as const;

/** Values that tell row and column: 10 row + column, with `plus` added. */
const rows = (numbers: readonly number[], width: number, plus: number) =>
  Float32Array.from(numbers.flatMap((n) => Array.from({ length: width }, (_, column) => 10 * n + column + plus)));

const batch = (numbers: readonly number[]) => ({
  cleanLogits: rows(numbers, 2, 0),
  adversarialLogits: rows(numbers, 2, 0.25),
  cleanFeatures: rows(numbers, 3, 0.5),
  adversarialFeatures: rows(numbers, 3, 0.75),
});

test('the scoring service reads what training has seen, batch after batch', () => {
  const seen = new SeenSignals();
  seen.add(Uint32Array.of(4, 0), batch([4, 0]));
  seen.add(Uint32Array.of(3), batch([3]));
  const { file, examples } = seen.file()!;
  expect(examples).toBe(3);
  const known = readTrainingSignals(file, SHAPE, ALL);
  expect([...known.indices]).toEqual([4, 0, 3]);
  expect(known.signals).toMatchObject({ examples: 3, labels: Uint16Array.of(1, 0, 1), ...batch([4, 0, 3]) });
});

test('what an objective does not look at is left out, and missed only by a scorer that needs it', () => {
  const seen = new SeenSignals();
  const none = new Float32Array(0);
  seen.add(Uint32Array.of(2), { ...batch([2]), cleanLogits: none, cleanFeatures: none });
  const { file } = seen.file()!;
  expect(readTrainingSignals(file, SHAPE, [Signal.ADVERSARIAL_LOGITS]).signals.examples).toBe(1);
  expect(() => readTrainingSignals(file, SHAPE, ALL)).toThrow(/"clean_logits" is missing/);
});

test('nothing seen is no file', () => {
  expect(new SeenSignals().file()).toBeUndefined();
});
