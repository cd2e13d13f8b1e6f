import { create } from '@bufbuild/protobuf';
import { AttackLoss, type AttackSpec, AttackStart } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { type Evaluation, EvaluationSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import { type Dataset, splitSize } from '../dataset/dataset.ts';
import { tensorBatch } from '../dataset/tensor-batch.ts';
import { tf } from '../numerics/backend.ts';
import { batchAccuracy, type EvaluationAttack } from '../numerics/evaluation/robustness.ts';
import type { Model } from '../numerics/models/model.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { attackName } from '../spec/attack.ts';

/** Images attacked at a time: large enough to keep the device busy, small enough to answer a cancel soon. */
const EVALUATION_BATCH = 250;

/** What to measure a model's accuracy with. */
export interface EvaluationPlan {
  /** A resolved evaluation attack. */
  readonly attack: AttackSpec;
  readonly seed: bigint;
  /** Test examples, the first ones; 0 for all. */
  readonly examples: number;
}

function attackOf({ epsilon, stepSize, steps, loss, start, restarts }: AttackSpec): EvaluationAttack {
  return {
    epsilon,
    stepSize,
    steps,
    restarts,
    loss: loss === AttackLoss.KL ? 'kl' : 'cross-entropy',
    start: start === AttackStart.GAUSSIAN ? 'gaussian' : 'uniform',
  };
}

/** Clean and robust accuracy on test examples. */
export async function evaluate(
  model: Model,
  dataset: Dataset,
  plan: EvaluationPlan,
  context: WorkContext,
  onProgress?: (done: number, total: number) => void,
): Promise<Evaluation> {
  const started = performance.now();
  const available = splitSize(dataset.test);
  const total = Math.min(plan.examples || available, available);
  const attack = attackOf(plan.attack);
  let clean = 0;
  let robust = 0;
  for (let first = 0; first < total; first += EVALUATION_BATCH) {
    context.throwIfStopped();
    const size = Math.min(EVALUATION_BATCH, total - first);
    const indices = Uint32Array.from({ length: size }, (_, i) => first + i);
    const batch = tensorBatch(dataset, dataset.test, indices);
    try {
      const accuracy = batchAccuracy(model, { ...batch, indices }, attack, plan.seed, context.throwIfStopped);
      clean += accuracy.clean;
      robust += accuracy.robust;
    } finally {
      tf.dispose([batch.images, batch.oneHot]);
    }
    onProgress?.(first + size, total);
    await context.breathe();
  }
  return create(EvaluationSchema, {
    cleanAccuracy: clean / total,
    robustAccuracy: robust / total,
    attack: plan.attack,
    attackName: attackName(plan.attack),
    examples: total,
    seconds: (performance.now() - started) / 1000,
  });
}
