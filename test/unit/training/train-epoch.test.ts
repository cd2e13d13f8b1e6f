import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { Schedule } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { tf } from '../../../services/numerics/backend.ts';
import { trainEpoch } from '../../../services/training/train-epoch.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { directContext } from '../direct-context.ts';
import { optimiser } from './tiny-trainer.ts';
import { newTrainer, train, weightsAfter } from './training-runs.ts';

const ignore = () => {};
const EVEN = Uint32Array.from({ length: 24 }, (_, i) => 2 * i);

describe('training', () => {
  test.each([
    ['AT', ObjectiveKind.AT],
    ['TRADES', ObjectiveKind.TRADES],
    ['MART', ObjectiveKind.MART],
  ])('by %s lowers the loss and raises robust accuracy', async (_name, kind) => {
    const attack = { epsilon: 0.1, stepSize: 0.05, steps: 2 };
    const outcomes = await train(newTrainer({ objective: { kind, attack } }), 6);
    const [first, last] = [outcomes[0], outcomes[5]];
    expect(last.loss).toBeLessThan(0.6 * first.loss);
    expect(last.robustAccuracy).toBeGreaterThan(Math.max(0.8, first.robustAccuracy));
    expect(first.examples).toBe(48);
  });

  test('is the same for the same seed, and another for another', async () => {
    const augment = { crop: 2, flip: false, seed: 3n, epoch: 0 };
    const weights = (seed: bigint) => weightsAfter({ ...newTrainer({ seed }), augment: { ...augment, seed } }, 2);
    const first = await weights(3n);
    expect(await weights(3n)).toEqual(first);
    expect(await weights(4n)).not.toEqual(first);
  });

  test('follows the schedule at the pace of the set it trains on', async () => {
    const changes = { optimiser: { ...optimiser, schedule: Schedule.COSINE }, epochs: 2 };
    const rateAt = (progress: number) => (optimiser.learningRate * (1 + Math.cos(Math.PI * progress))) / 2;
    const full = await train(newTrainer(changes), 2);
    expect(full[0].learningRate).toBeCloseTo(rateAt(32 / 48 / 2), 12);
    expect(full[1].learningRate).toBeCloseTo(rateAt((1 + 32 / 48) / 2), 12);
    const pruned = await train(newTrainer(changes), 1, { indices: EVEN });
    expect(pruned[0].learningRate).toBeCloseTo(rateAt(16 / 24 / 2), 12);
  });

  test('tells how far it is and books what it costs', async () => {
    const trainer = newTrainer({ batchSize: 20 });
    const told: [number, number][] = [];
    const started = performance.now();
    const outcome = await trainEpoch(trainer, 0, undefined, directContext(), (done, total, loss) => {
      told.push([done, total]);
      if (done === total) expect(loss).toBeGreaterThan(0);
    });
    const elapsed = (performance.now() - started) / 1000;
    expect(told).toEqual([
      [20, 48],
      [40, 48],
      [48, 48],
    ]);
    expect(trainer.updates).toBe(3);
    expect(outcome.examples).toBe(48);
    // two steps of the attack and one update, each a forward and a backward pass
    const { passes, seconds } = trainer.ledger.cost();
    expect(passes).toMatchObject({ forward: 144n, backward: 144n });
    expect(seconds!.attack).toBeGreaterThan(0);
    expect(seconds!.update).toBeGreaterThan(0);
    expect(seconds!.attack + seconds!.update).toBeLessThanOrEqual(elapsed);
  });

  test('leaves no tensor behind', async () => {
    const trainer = newTrainer();
    const weights = new Float32Array(24).fill(1);
    await train(trainer, 1, { indices: EVEN, weights });
    const before = tf.memory().numTensors;
    await train(trainer, 1, { indices: EVEN, weights });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('training that can not go on', () => {
  test('fails as DIVERGED, with the remedy', async () => {
    const trainer = newTrainer({ optimiser: { ...optimiser, learningRate: 1e12 } });
    const { message } = await expectAppError(train(trainer, 4), ErrorReason.DIVERGED);
    expect(message).toMatch(/the loss became (NaN|Infinity) in epoch \d at update \d+; lower optimiser.learning_rate/);
  });

  test('stops before an update or within an attack, and frees its tensors', async () => {
    const trainer = newTrainer();
    await train(trainer, 1);
    const before = tf.memory().numTensors;
    const context = directContext();
    const epoch = trainEpoch(trainer, 1, undefined, context, () => context.stop());
    await expectAppError(epoch, ErrorReason.CANCELLED);
    expect(trainer.updates).toBe(4);
    let looks = 0;
    const stopsWithinAttack = {
      ...directContext(),
      throwIfStopped: () => {
        // first before the batch, then before each step
        looks += 1;
        if (looks === 3) context.throwIfStopped();
      },
    };
    const attacked = trainEpoch(trainer, 1, undefined, stopsWithinAttack, ignore);
    await expectAppError(attacked, ErrorReason.CANCELLED);
    expect(looks).toBe(3);
    expect(trainer.updates).toBe(4);
    expect(tf.memory().numTensors).toBe(before);
  });
});
