import { create } from '@bufbuild/protobuf';
import { AttackLoss, type AttackSpec, AttackStart } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { type Evaluation, EvaluationSchema, Split } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { type EvaluationAttack, type Robustness, robustness } from '../numerics/evaluation/robustness.ts';
import type { Model } from '../numerics/models/model.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { attackName } from '../spec/attack.ts';
import { exampleSource, firstExamples } from './example-source.ts';

/** What to measure a model's accuracy with. */
export interface EvaluationPlan {
  /** A resolved evaluation attack. */
  readonly attack: AttackSpec;
  readonly seed: bigint;
  /** Examples of the split, the first ones; 0 for all. */
  readonly examples: number;
  /** Test examples unless given. */
  readonly split?: Split;
}

/** A resolved evaluation attack as the attack takes it. */
export function attackOf({ epsilon, stepSize, steps, loss, start, restarts }: AttackSpec): EvaluationAttack {
  return {
    epsilon,
    stepSize,
    steps,
    restarts,
    loss: loss === AttackLoss.KL ? 'kl' : 'cross-entropy',
    start: start === AttackStart.GAUSSIAN ? 'gaussian' : 'uniform',
  };
}

/** The figures of PGD on `examples` examples. */
export function pgdFigures(attack: AttackSpec, { clean, robust }: Robustness, examples: number) {
  return {
    cleanAccuracy: clean.length / examples,
    robustAccuracy: robust.length / examples,
    attack,
    attackName: attackName(attack),
    worstCaseAccuracy: robust.length / examples,
  };
}

/**
 * Clean accuracy, and robust accuracy under PGD. onProgress is told how many examples it is through with, after each
 * batch; those of a batch that is to be attacked again count by the share of restarts that they survived.
 */
export async function evaluate(
  model: Model,
  dataset: Dataset,
  { attack, seed, examples, split = Split.TEST }: EvaluationPlan,
  context: WorkContext,
  onProgress?: (done: number, total: number) => void,
): Promise<Evaluation> {
  const started = performance.now();
  const whole = split === Split.VALIDATION ? dataset.validation : dataset.test;
  const source = exampleSource(dataset, firstExamples(whole, examples, dataset));
  const options = { attack: attackOf(attack), seed, name: attackName(attack) };
  const found = await robustness(model, source, options, {
    beforeStep: context.throwIfStopped,
    onProgress: async (phase) => {
      const { done, total } = phase();
      onProgress?.(done, total);
      await context.breathe();
      context.throwIfStopped();
    },
  });
  return create(EvaluationSchema, {
    ...pgdFigures(attack, found, source.size),
    examples: source.size,
    seconds: (performance.now() - started) / 1000,
    split,
  });
}
