import { describe, expect, test } from 'vitest';
import { AttackPolicyKind } from '../../../proto/gen/winnow/v1/attack_policy_pb.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { tensorBatch } from '../../../services/dataset/tensor-batch.ts';
import type { AttackPolicy } from '../../../services/numerics/attacks/attack-policy.ts';
import { BulletTrain } from '../../../services/numerics/attacks/bullet-train.ts';
import { loadCheckpoint } from '../../../services/numerics/models/load-checkpoint.ts';
import { decodeSafetensors, safetensorsMetadata } from '../../../services/numerics/models/safetensors.ts';
import { attackPolicyState, checkpointFile } from '../../../services/training/checkpoint-file.ts';
import { take } from '../numerics/tensor-assertions.ts';
import { refusal } from '../spec/refusal.ts';
import { TINY_CLASSES, tinyDataset } from '../tiny-dataset.ts';
import { newTrainer, train } from './training-runs.ts';

const { FIXED, BULLET_TRAIN } = AttackPolicyKind;
const bulletTrain = { attackPolicy: { kind: BULLET_TRAIN, poolBatches: 1 } };

/** What a policy makes of the same pools: the attacked images, its groups, and what it remembers in the end. */
function goOn(policy: AttackPolicy, trainer: ReturnType<typeof newTrainer>) {
  const { model, objective } = trainer;
  const attacked = [1n, 2n, 3n].map((seed) => {
    const dataset = tinyDataset({ seed });
    const batch = tensorBatch(dataset, dataset.train, Uint32Array.from(dataset.train.labels.keys()));
    const images = [...take(policy.attack(batch, { model, objective, seed: [Number(seed), 5] }))];
    policy.observe(Number(seed) * 10, 48);
    return images;
  });
  return { attacked, groups: policy.takeCounts(), state: policy.state() };
}

describe("a checkpoint's metadata", () => {
  test('name architecture, data set and classes', () => {
    const file = checkpointFile(newTrainer());
    expect(safetensorsMetadata(file)).toMatchObject({
      format: 'pt',
      architecture: 'small-cnn',
      dataset: 'tiny',
      classes: TINY_CLASSES.join(','),
    });
    expect(attackPolicyState(safetensorsMetadata(file))).toEqual({ kind: FIXED, state: {} });
  });

  test('hold all that Bullet-Train remembers, so that another goes on from them just the same', async () => {
    const trainer = newTrainer(bulletTrain);
    await train(trainer, 3);
    const file = checkpointFile(trainer);
    const stored = attackPolicyState(safetensorsMetadata(file));
    expect(stored).toEqual({ kind: BULLET_TRAIN, state: trainer.policy.state() });

    const { gamma, robustSteps, robustStepSize, poolBatches } = trainer.spec.attackPolicy!;
    const boundary = trainer.spec.objective!.attack!;
    const robust = { epsilon: boundary.epsilon, steps: robustSteps!, stepSize: robustStepSize! };
    const options = { boundary, robust, gamma: gamma!, poolBatches: poolBatches! };
    const other = newTrainer(bulletTrain);
    loadCheckpoint(other.model, file);

    const unbroken = goOn(trainer.policy, trainer);
    expect(goOn(new BulletTrain(options, stored!.state), other)).toEqual(unbroken);
    expect(goOn(new BulletTrain(options), other).groups).not.toEqual(unbroken.groups);
  });

  test('may lack the attack policy, as those of other programs do', () => {
    expect(attackPolicyState({ format: 'pt' })).toBeUndefined();
  });

  test.each([
    ['no JSON', 'BULLET_TRAIN'],
    ['another shape', '{"kind":"ATTACK_POLICY_KIND_FIXED"}'],
    ['a figure that is none', '{"kind":"ATTACK_POLICY_KIND_BULLET_TRAIN","state":{"robustAccuracy":null}}'],
    ['an unknown policy', '{"kind":"ATTACK_POLICY_KIND_NONE","state":{}}'],
  ])('are corrupt with %s for the attack policy', (_what, text) => {
    const { reason, message } = refusal(() => attackPolicyState({ attack_policy: text }));
    expect(reason).toBe(ErrorReason.CORRUPT_CHECKPOINT);
    expect(message).toContain('attack_policy');
  });
});

describe("a checkpoint's weights", () => {
  test('are the model', async () => {
    const trainer = newTrainer();
    await train(trainer, 1);
    expect(decodeSafetensors(checkpointFile(trainer))).toEqual(trainer.model.weights.snapshot());
  });

  test('are refused where they are not finite', () => {
    const trainer = newTrainer();
    const snapshot = trainer.model.weights.snapshot();
    [...snapshot.values()][0].data[0] = Number.NaN;
    trainer.model.weights.load(snapshot);
    expect(refusal(() => checkpointFile(trainer)).reason).toBe(ErrorReason.DIVERGED);
  });
});
