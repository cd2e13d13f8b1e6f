import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import { readTrainingSignals } from '../../../services/scoring/training-signals.ts';
import { takeSignals } from '../../../services/selection/signals.ts';
import { syntheticSignals } from '../selection/synthetic-signals.ts';
import { signalFile } from './signal-file.ts';

const { LABEL, CLEAN_LOGITS, ADVERSARIAL_LOGITS, CLEAN_FEATURES, ADVERSARIAL_FEATURES } = Signal;
const ALL = [LABEL, CLEAN_LOGITS, ADVERSARIAL_LOGITS, CLEAN_FEATURES, ADVERSARIAL_FEATURES];

const all = syntheticSignals(1, 20, 3, 4);
const indices = Uint32Array.of(17, 2, 9);
const shape = { classes: 3, features: 4, labels: all.labels };
const read = (file: Uint8Array, needed: readonly Signal[] = ALL) => readTrainingSignals(file, shape, needed);

function failure(file: Uint8Array, needed?: readonly Signal[]): AppError {
  try {
    read(file, needed);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the file was read');
}

describe("training's signals", () => {
  test('come back as they were written, in any order of indices', () => {
    const found = read(signalFile(all, indices));
    expect(found.indices).toEqual(indices);
    expect(found.signals).toEqual(takeSignals(all, indices));
  });

  test('need not hold what is not needed', () => {
    const file = signalFile(all, indices, { clean_logits: undefined, clean_features: undefined });
    const { signals } = read(file, [LABEL, ADVERSARIAL_LOGITS]);
    expect(signals.adversarialLogits).toEqual(takeSignals(all, indices).adversarialLogits);
    expect(signals.adversarialFeatures).toHaveLength(0);
    expect(failure(file).message).toContain('"clean_logits" is missing');
  });

  const list = (...data: number[]) => ({ shape: [data.length], data: Float32Array.from(data) });
  const matrix = (rows: number, columns: number, value = 0) => ({
    shape: [rows, columns],
    data: new Float32Array(rows * columns).fill(value),
  });

  test.each([
    ['no indices', { indices: undefined }, '"indices" is not a list'],
    ['indices in a matrix', { indices: matrix(3, 1) }, '"indices" is not a list'],
    ['an empty list', { indices: list() }, '"indices" is not a list'],
    ['an index beyond the end', { indices: list(0, 1, 20) }, 'index 20 is not a whole number in [0, 20)'],
    ['an index below 0', { indices: list(0, -1, 2) }, 'index -1 is not'],
    ['a fraction', { indices: list(0, 1.5, 2) }, 'index 1.5 is not'],
    ['an index that is no number', { indices: list(0, Number.NaN, 2) }, 'index NaN is not'],
    ['an index twice', { indices: list(4, 5, 4) }, 'index 4 stands twice'],
    ['fewer rows than indices', { adversarial_logits: matrix(2, 3) }, 'has shape [2,3], expected [3,3]'],
    ['another number of classes', { clean_logits: matrix(3, 4) }, 'has shape [3,4], expected [3,3]'],
    ['another width', { adversarial_features: matrix(3, 5) }, 'has shape [3,5], expected [3,4]'],
  ])('are refused for %s', (_, changes, message) => {
    const error = failure(signalFile(all, indices, changes));
    expect(error.reason).toBe(ErrorReason.CORRUPT_CHECKPOINT);
    expect(error.message).toContain(message);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e7])('are refused for values such as %d', (value) => {
    const error = failure(signalFile(all, indices, { clean_features: matrix(3, 4, value) }));
    expect(error.reason).toBe(ErrorReason.DIVERGED);
  });

  test('are refused where they are no safetensors file', () => {
    expect(failure(Buffer.from('nothing of the kind')).reason).toBe(ErrorReason.CORRUPT_CHECKPOINT);
  });
});
