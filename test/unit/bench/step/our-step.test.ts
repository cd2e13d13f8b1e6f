import { afterEach, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { disposeTrainer, type Trainer } from '../../../../services/training/trainer.ts';
import { timeKernels } from '../../../bench/step/kernel-times.ts';
import { oneStep, type Phase, stepSpec, stepTrainer } from '../../../bench/step/our-step.ts';
import { convolutionShare } from '../../../bench/step/step-profile.ts';
import { directContext } from '../../direct-context.ts';

const CASE = { model: 'small-cnn', objective: 'trades', batch: 4, precision: 'f32' } as const;

let trainer: Trainer | undefined;

afterEach(() => {
  if (trainer) disposeTrainer(trainer);
  trainer = undefined;
});

it('is a run’s step with the papers’ attack', () => {
  const { objective, optimiser, batchSize, model } = stepSpec(CASE);
  expect(objective!.attack).toMatchObject({ epsilon: 8 / 255, stepSize: 2 / 255, steps: 10 });
  expect(objective!.beta).toBe(6);
  expect(optimiser).toMatchObject({ momentum: 0.9, weightDecay: 5e-4 });
  expect(batchSize).toBe(4);
  expect(model!.dropout).toBe(0);
});

it('attacks, updates the weights and leaves no tensor behind', async () => {
  trainer = stepTrainer(CASE);
  const before = trainer.model.weights.snapshot();
  await oneStep(trainer, directContext(), { steps: 1 });
  const tensors = tf.memory().numTensors;
  await oneStep(trainer, directContext(), { steps: 2 });
  expect(tf.memory().numTensors).toBe(tensors);
  expect(trainer.updates).toBe(2);
  expect(trainer.ledger.passes.backwardPasses).toBe(4 * (1 + 2 + 2 + 2));
  expect(trainer.model.weights.snapshot()).not.toEqual(before);
});

it('is taken apart by kernel and phase', async () => {
  trainer = stepTrainer(CASE);
  const phases: Phase[] = [];
  const started = performance.now();
  const kernels = await timeKernels(
    () => oneStep(trainer!, directContext(), { steps: 1, onPhase: (phase) => phases.push(phase) }),
    () => phases.at(-1) ?? 'update',
  );
  const ms = performance.now() - started;
  expect(phases).toEqual(['attack', 'update']);
  const filterGradients = kernels.filter(({ kernel }) => kernel === 'Conv2DBackpropFilter');
  // four convolutions, clean and attacked images, in the update only
  expect(filterGradients).toMatchObject([{ phase: 'update', calls: 8 }]);
  expect(kernels.some(({ phase, kernel }) => phase === 'attack' && kernel.includes('Conv2D'))).toBe(true);
  expect(kernels.reduce((sum, one) => sum + one.ms, 0)).toBeLessThan(ms);
  const share = convolutionShare({ ms, attackMs: 0, kernels });
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(1);
});

it('is timed no more once the profile is done', async () => {
  trainer = stepTrainer(CASE);
  const kernels = await timeKernels(
    async () => {},
    () => 'attack',
  );
  await oneStep(trainer, directContext(), { steps: 1 });
  expect(kernels).toEqual([]);
});
