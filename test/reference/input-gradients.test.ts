import { describe, it } from 'vitest';
import { tf } from '../../services/numerics/backend.ts';
import type { Objective } from '../../services/numerics/objectives/objective.ts';
import {
  expectClose,
  type GoldenSpec,
  golden,
  goldenBatch,
  goldenModel,
  OBJECTIVE_NAMES,
  OBJECTIVES,
} from './golden.ts';

interface NetworkGolden {
  readonly seed: number;
  readonly spec: GoldenSpec;
  readonly objectives: Record<string, { inner: number[]; outer: number[]; outerByClean?: number[] }>;
}

interface InputGradientsGolden {
  readonly examples: number;
  readonly radius: number;
  readonly resnet: NetworkGolden;
  readonly smallCnn: NetworkGolden;
}

const file = golden<InputGradientsGolden>('input-gradients');

describe.each(['resnet', 'smallCnn'] as const)('%s', (network) => {
  const { seed, spec, objectives } = file[network];
  const model = goldenModel(spec);
  const { clean, moved, oneHot } = goldenBatch(`input/${seed}`, file.examples, spec, file.radius);
  const logits = (x: tf.Tensor) => model.forward(x as tf.Tensor4D, { training: false }).logits;
  const lossAt = (objective: Objective, side: 'inner' | 'outer') => (x: tf.Tensor, attacked: tf.Tensor) => {
    const loss = side === 'inner' ? objective.innerLoss : objective.outerLoss;
    return loss({ clean: logits(x), adversarial: logits(attacked) }, oneHot).sum();
  };

  it.each(OBJECTIVE_NAMES)("has PyTorch's gradients of the losses of %s by the images", (name) => {
    const wanted = objectives[name];
    for (const side of ['inner', 'outer'] as const) {
      const loss = lossAt(OBJECTIVES[name], side);
      expectClose(tf.grad((attacked: tf.Tensor) => loss(clean, attacked))(moved), wanted[side], side);
    }
    if (!wanted.outerByClean) return;
    const byClean = tf.grad((x: tf.Tensor) => lossAt(OBJECTIVES[name], 'outer')(x, moved));
    expectClose(byClean(clean), wanted.outerByClean, 'outer loss by the clean images');
  });
});
