import { describe, expect, it } from 'vitest';
import { outerGradients } from '../../services/numerics/outer-step.ts';
import { Sgd } from '../../services/numerics/sgd.ts';
import * as formulas from './formulas.ts';
import { expectClose, type GoldenSpec, golden, goldenBatch, goldenModel, OBJECTIVES } from './golden.ts';

interface SgdGolden {
  readonly seed: number;
  readonly spec: GoldenSpec;
  readonly examples: number;
  readonly radius: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly learningRates: number[];
  readonly losses: number[];
  readonly weights: Record<string, number[]>;
}

/** Steps between float32 numbers of size 1 that rounding may add to a weight in two updates. */
const ROUNDING = 2 * 2 ** -23;

const file = golden<SgdGolden>('sgd');

describe('two updates of TRADES with momentum and weight decay', () => {
  const model = goldenModel(file.spec);
  const optimiser = new Sgd(model.weights);
  const losses = file.learningRates.map((learningRate, update) => {
    const prefix = `sgd/${file.seed}/${update}`;
    const { clean, moved, oneHot } = goldenBatch(prefix, file.examples, file.spec, file.radius);
    const batch = { images: clean, adversarial: moved, oneHot };
    const { loss, gradients } = outerGradients(model, OBJECTIVES.TRADES, batch, [0, 0]);
    optimiser.update(gradients, { learningRate, momentum: file.momentum, weightDecay: file.weightDecay });
    return loss;
  });
  const after = model.weights.snapshot();
  const before = formulas.weights(model.weights.shapes());

  it("have PyTorch's losses", () => expectClose(losses, file.losses, 'losses'));

  it('cover every weight and running statistic', () => {
    expect([...after.keys()].sort()).toEqual(Object.keys(file.weights).sort());
  });

  it.each([...after.keys()])("leave PyTorch's values in %s", (name) => {
    const wanted = file.weights[name];
    const start = before.get(name)!.data;
    const found = after.get(name)!.data;
    expectClose(found, wanted, 'value');
    // a weight moves by little, so that its value alone says little of the update
    const largest = Math.max(...wanted.map(Math.abs));
    expectClose(
      found.map((value, i) => value - start[i]),
      wanted.map((value, i) => value - start[i]),
      'change',
      ROUNDING * largest,
    );
  });
});
