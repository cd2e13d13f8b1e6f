import type { GivenSettings, RunSettings } from './args/run-settings.ts';

/** What the demo and `run create` use where nothing is given: MNIST. */
export const fullSize: RunSettings = {
  dataset: 'mnist',
  trainExamples: 7_000,
  validationExamples: 0,
  testExamples: 2_000,
  model: 'small-cnn',
  dropout: 0,
  objective: 'trades',
  beta: 6,
  epsilon: 0.3,
  stepSize: 0.15,
  steps: 3,
  attackPolicy: 'fixed',
  learningRate: 0.05,
  momentum: 0.9,
  weightDecay: 5e-4,
  schedule: 'cosine',
  warmupUpdates: 50,
  epochs: 12,
  batchSize: 32,
  fraction: 0.3,
  selectEvery: 6,
  warmStart: 0,
  maxStaleness: 0,
  classFloor: 0,
  scoreSteps: 2,
  evalSteps: 10,
  evalRestarts: 1,
  evalExamples: 1_000,
  evalEvery: 6,
  evalProgressExamples: 250,
};

/** What `--quick` changes: about a minute on two cores. Too small for figures worth quoting. */
export const quickSize: GivenSettings = {
  trainExamples: 1_000,
  testExamples: 500,
  batchSize: 16,
  warmupUpdates: 30,
  epochs: 8,
  selectEvery: 4,
  evalExamples: 500,
  evalEvery: 4,
};

/** What changes for every data set but the digits, whose contrast allows a radius of 0.3. */
export const naturalImages: GivenSettings = {
  model: 'resnet-small',
  dropout: undefined,
  epsilon: 8 / 255,
  stepSize: 2 / 255,
  steps: 10,
};

/** Whether a data set is one of handwritten digits or the like: MNIST, Fashion-MNIST and their kin. */
export function isDigits(dataset: string): boolean {
  return /mnist/i.test(dataset);
}

/** Scorers that the demo compares with full data. */
export const demoScorers: readonly string[] = ['adv-grad-match'];

/** Seeds of the demo: one comparison for each. */
export const demoSeeds: readonly number[] = [1];
