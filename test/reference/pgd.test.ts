import { describe, expect, it } from 'vitest';
import { pgd } from '../../services/numerics/attacks/pgd.ts';
import type { tf } from '../../services/numerics/backend.ts';
import {
  expectClose,
  type GoldenSpec,
  golden,
  goldenBatch,
  goldenModel,
  OBJECTIVE_NAMES,
  OBJECTIVES,
} from './golden.ts';

interface PgdGolden {
  readonly spec: GoldenSpec;
  readonly examples: number;
  readonly radius: number;
  readonly epsilon: number;
  readonly stepSize: number;
  readonly steps: number;
  readonly attacks: Record<string, { seed: number; adversarial: number[]; loss: number[] }>;
}

const file = golden<PgdGolden>('pgd');
const UNUSED_SEED = [0, 0] as const;

describe('ten steps of PGD', () => {
  const model = goldenModel(file.spec);

  it.each(OBJECTIVE_NAMES)("go where PyTorch's go, for the inner loss of %s", (name) => {
    const { seed, adversarial, loss: lossReached } = file.attacks[name];
    const { clean, moved, oneHot } = goldenBatch(`pgd/${seed}`, file.examples, file.spec, file.radius);
    const logits = (x: tf.Tensor4D) => model.forward(x, { training: false }).logits;
    const cleanLogits = logits(clean);
    const loss = (x: tf.Tensor4D) => OBJECTIVES[name].innerLoss({ clean: cleanLogits, adversarial: logits(x) }, oneHot);
    const attacked = pgd(moved, loss, { ...file, start: 'clean' }, UNUSED_SEED);
    expect(attacked.shape).toEqual(moved.shape);
    expectClose(attacked, adversarial, 'attacked images');
    expectClose(loss(attacked), lossReached, 'loss reached');
  });
});
