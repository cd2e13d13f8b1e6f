import { afterAll, describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { loadCheckpoint } from '../../../../services/numerics/models/load-checkpoint.ts';
import { encodeSafetensors } from '../../../../services/numerics/models/safetensors.ts';
import { refusal } from '../../spec/refusal.ts';
import { withoutLeak } from '../tensor-assertions.ts';
import { tinyModel } from '../tiny-models.ts';

const { model } = tinyModel('resnet', 1n);
const { model: other } = tinyModel('resnet', 2n);
const { model: wide } = tinyModel('wide resnet', 1n);
afterAll(() => {
  for (const each of [model, other, wide]) each.dispose();
});

describe('loadCheckpoint', () => {
  test("gives a model a file's weights", () => {
    const wanted = other.weights.snapshot();
    expect(model.weights.snapshot()).not.toEqual(wanted);
    withoutLeak(() => loadCheckpoint(model, encodeSafetensors(wanted, { format: 'pt' })));
    expect(model.weights.snapshot()).toEqual(wanted);
  });

  test('leaves the model as it was where the file does not fit', () => {
    const before = model.weights.snapshot();
    const whole = encodeSafetensors(before);
    const bad = new Map(before);
    const [name, { shape, data }] = [...before][0];
    bad.set(name, { shape, data: data.map(() => Number.NaN) });
    for (const file of [
      encodeSafetensors(wide.weights.snapshot()),
      encodeSafetensors(bad),
      whole.subarray(0, whole.length - 4),
      new Uint8Array(),
    ]) {
      expect(refusal(() => loadCheckpoint(model, file)).reason).toBe(ErrorReason.CORRUPT_CHECKPOINT);
    }
    expect(model.weights.snapshot()).toEqual(before);
  });
});
