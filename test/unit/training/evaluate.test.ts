import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AttackLoss, AttackSpecSchema, AttackStart } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { Split } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { tf } from '../../../services/numerics/backend.ts';
import { resolveEvaluationAttack } from '../../../services/spec/attack.ts';
import { evaluate } from '../../../services/training/evaluate.ts';
import { trainEpoch } from '../../../services/training/train-epoch.ts';
import { disposeTrainer, type Trainer } from '../../../services/training/trainer.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { directContext } from '../direct-context.ts';
import { tinyDataset } from '../tiny-dataset.ts';
import { tinyTrainer } from './tiny-trainer.ts';

const TEST_EXAMPLES = 300;
const dataset = tinyDataset({ test: TEST_EXAMPLES });
let trainer: Trainer;

beforeAll(async () => {
  trainer = tinyTrainer({ epochs: 5 });
  for (let epoch = 0; epoch < 5; epoch++) await trainEpoch(trainer, epoch, undefined, directContext(), () => {});
});
afterAll(() => disposeTrainer(trainer));

const planOf = (attack: { epsilon: number; stepSize?: number; steps?: number; restarts?: number }, examples = 0) => ({
  attack: resolveEvaluationAttack(create(AttackSpecSchema, attack), 'attack'),
  seed: 5n,
  examples,
});
const PGD = { epsilon: 0.3, stepSize: 0.1, steps: 4 };

describe('evaluate', () => {
  test('measures clean and robust accuracy, and names the attack', async () => {
    const result = await evaluate(trainer.model, dataset, planOf(PGD), directContext());
    expect(result).toMatchObject({ examples: TEST_EXAMPLES, attackName: 'PGD-4', attack: PGD, split: Split.TEST });
    expect(result.worstCaseAccuracy).toBe(result.robustAccuracy);
    expect(result.cleanAccuracy).toBeGreaterThan(0.9);
    expect(result.robustAccuracy).toBeLessThan(result.cleanAccuracy);
    expect(result.seconds).toBeGreaterThan(0);
    expect(await evaluate(trainer.model, dataset, planOf(PGD), directContext())).toMatchObject({
      cleanAccuracy: result.cleanAccuracy,
      robustAccuracy: result.robustAccuracy,
    });
  });

  test('with radius 0 is as robust as it is accurate', async () => {
    const result = await evaluate(trainer.model, dataset, planOf({ epsilon: 0 }), directContext());
    expect(result.robustAccuracy).toBe(result.cleanAccuracy);
    expect(result.attackName).toBe('random start');
  });

  test('knows attacks on KL from a Gaussian start, and restarts', async () => {
    const attack = { ...PGD, loss: AttackLoss.KL, start: AttackStart.GAUSSIAN, restarts: 2 };
    const byKl = await evaluate(trainer.model, dataset, planOf(attack, 60), directContext());
    expect(byKl.attackName).toBe('PGD-4 x2');
    const once = await evaluate(trainer.model, dataset, planOf({ ...attack, restarts: 1 }, 60), directContext());
    expect(byKl.robustAccuracy).toBeLessThanOrEqual(once.robustAccuracy);
    expect(once.robustAccuracy).toBeLessThan(once.cleanAccuracy);
  });

  test('takes the first examples, no more than there are, and tells how far it is', async () => {
    const told: [number, number][] = [];
    const note = (done: number, total: number) => told.push([done, total]);
    const few = await evaluate(trainer.model, dataset, planOf(PGD, 30), directContext(), note);
    const same = { ...dataset, test: tinyDataset({ test: 30 }).test };
    expect(few.examples).toBe(30);
    expect(await evaluate(trainer.model, same, planOf(PGD), directContext())).toMatchObject({
      cleanAccuracy: few.cleanAccuracy,
      robustAccuracy: few.robustAccuracy,
    });
    expect(told.at(-1)).toEqual([30, 30]);
    const all = await evaluate(trainer.model, dataset, planOf({ epsilon: 0 }, 10_000), directContext(), note);
    expect(all.examples).toBe(TEST_EXAMPLES);
    // two batches clean, two batches attacked
    expect(told.slice(-4)).toEqual([75, 150, 225, 300].map((done) => [done, TEST_EXAMPLES]));
  });

  test('measures each example once, with its own label', async () => {
    const { images, labels } = dataset.test;
    // every label beyond the first batch is wrong
    const wrong = labels.map((label, index) => (index < 250 ? label : (label + 1) % 3));
    const front = await evaluate(trainer.model, dataset, planOf({ epsilon: 0 }, 250), directContext());
    const mixed = { ...dataset, test: { images, labels: wrong } };
    const { cleanAccuracy } = await evaluate(trainer.model, mixed, planOf({ epsilon: 0 }), directContext());
    expect(cleanAccuracy * TEST_EXAMPLES).toBeGreaterThanOrEqual(front.cleanAccuracy * 250 - 1e-9);
    expect(cleanAccuracy * TEST_EXAMPLES).toBeLessThan(front.cleanAccuracy * 250 + 10);
  });

  test('takes held-out examples where they are asked for', async () => {
    const heldOut = tinyDataset({ validation: 20, test: 5 });
    const plan = { ...planOf({ epsilon: 0 }), split: Split.VALIDATION };
    const result = await evaluate(trainer.model, heldOut, plan, directContext());
    const moved = { ...heldOut, test: heldOut.validation };
    const same = await evaluate(trainer.model, moved, planOf({ epsilon: 0 }), directContext());
    expect(result).toMatchObject({ examples: 20, split: Split.VALIDATION, cleanAccuracy: same.cleanAccuracy });
  });

  test('stops between batches and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const context = directContext();
    const work = evaluate(trainer.model, dataset, planOf({ epsilon: 0 }), context, () => context.stop());
    await expectAppError(work, ErrorReason.CANCELLED);
    expect(tf.memory().numTensors).toBe(before);
  });
});
