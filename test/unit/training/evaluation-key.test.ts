import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { AutoAttackSpecSchema } from '../../../proto/gen/winnow/v1/autoattack_pb.ts';
import { DatasetSpecSchema } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { ModelSpecSchema } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { AttackSpecSchema } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { evaluationKey } from '../../../services/training/evaluation-key.ts';
import type { EvaluateRequest } from '../../../services/training/run-messages.ts';

const attack = { epsilon: 0.1, stepSize: 0.02, steps: 10, restarts: 1 };
const request: EvaluateRequest = {
  dataset: create(DatasetSpecSchema, { name: 'mnist' }),
  model: create(ModelSpecSchema, { architecture: 'resnet', depth: 8, width: 2 }),
  checkpoint: Uint8Array.of(1, 2, 3),
  attack: create(AttackSpecSchema, attack),
  seed: 2n ** 60n,
  examples: 2,
};
const examples = { images: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), labels: Uint16Array.of(0, 1) };
const shape = { height: 2, width: 2, channels: 1, classes: 4 };

const keyOf = (changes: Partial<EvaluateRequest> = {}, split = examples, sized = shape) =>
  evaluationKey({ ...request, ...changes }, split, sized);

test('the same evaluation has the same key, whatever the data set is called', () => {
  const dataset = create(DatasetSpecSchema, { name: 'other', trainExamples: 5 });
  expect(keyOf({ dataset, examples: 0 })).toBe(keyOf());
  expect(keyOf()).toMatch(/^[0-9a-f]{64}$/);
});

test('whatever decides the result decides the key', () => {
  const { attack: _, ...none } = request;
  const autoAttack = create(AutoAttackSpecSchema, { epsilon: 0.1 });
  const keys = [
    keyOf(),
    keyOf({ checkpoint: Uint8Array.of(1, 2, 4) }),
    keyOf({ model: create(ModelSpecSchema, { architecture: 'resnet', depth: 8, width: 3 }) }),
    keyOf({ attack: create(AttackSpecSchema, { ...attack, restarts: 2 }) }),
    keyOf({ attack: create(AttackSpecSchema, { ...attack, epsilon: 0.1 + 1e-12 }) }),
    keyOf({ autoAttack }),
    evaluationKey({ ...none, autoAttack }, examples, shape),
    keyOf({ seed: 2n ** 60n + 1n }),
    keyOf({}, { ...examples, images: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 9) }),
    keyOf({}, { ...examples, labels: Uint16Array.of(0, 2) }),
    keyOf({}, examples, { ...shape, height: 4, width: 1 }),
    keyOf({}, examples, { ...shape, classes: 5 }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});
