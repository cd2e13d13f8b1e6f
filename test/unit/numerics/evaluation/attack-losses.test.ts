import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { classOfRank, margin, targetedDlr } from '../../../../services/numerics/evaluation/attack-losses.ts';
import { expectNear, finiteDifferences, take, withoutLeak } from '../tensor-assertions.ts';
import { oneHot } from '../tiny-models.ts';

const LOGITS = [
  [3, 1, 2, -1, 0.5],
  [-2, 4, 0.25, 1, 3],
];
const LABELS = [0, 4];
const TARGETS = [2, 1];

const z = () => tf.tensor2d(LOGITS);
const labels = () => oneHot(LABELS, 5);
const targets = () => oneHot(TARGETS, 5);

describe('losses of attacks', () => {
  it('have the margin of the true class over the best other one', () => {
    const found = withoutLeak(() => take(tf.tidy(() => margin(z(), labels()))));
    expect([...found]).toEqual([1, -1]);
  });

  it('have the targeted DLR of the paper', () => {
    const found = withoutLeak(() => take(tf.tidy(() => targetedDlr(z(), labels(), targets()))));
    // sorted: 3 2 1 0.5 -1 and 4 3 1 0.25 -2
    expect(found[0]).toBeCloseTo(-(3 - 2) / (3 - (1 + 0.5) / 2), 6);
    expect(found[1]).toBeCloseTo(-(3 - 4) / (4 - (1 + 0.25) / 2), 6);
  });

  it('have a targeted DLR that scale and shift of the logits leave alone', () => {
    const scaled = fc.record({
      scale: fc.double({ min: 0.01, max: 100, noNaN: true }),
      shift: fc.double({ min: -10, max: 10, noNaN: true }),
    });
    const dlr = (scale: number, shift: number) =>
      take(tf.tidy(() => targetedDlr(tf.add(tf.mul(z(), scale), shift) as tf.Tensor2D, labels(), targets())));
    const expected = dlr(1, 0);
    fc.assert(
      fc.property(scaled, ({ scale, shift }) => expectNear(dlr(scale, shift), expected, 2e-3 / Math.min(scale, 1))),
      { numRuns: 30 },
    );
  });

  it('have the gradient of the targeted DLR', () => {
    const y = labels();
    const t = targets();
    const value = (x: tf.Tensor) => tf.sum(targetedDlr(x as tf.Tensor2D, y, t));
    const at = z();
    const gradient = withoutLeak(() => take(tf.grad(value)(at)));
    expectNear(gradient, finiteDifferences(value, at, 1e-2), 2e-3);
  });

  it('are finite where all logits are the same', () => {
    const even = take(tf.tidy(() => targetedDlr(tf.zeros([2, 5]) as tf.Tensor2D, labels(), targets())));
    expect([...even].map((value) => value + 0)).toEqual([0, 0]);
  });

  it('rank wrong classes by their logits', () => {
    const ranked = [1, 2, 3, 4].map((rank) => {
      const rows = withoutLeak(() => take(tf.tidy(() => tf.argMax(classOfRank(z(), labels(), rank), -1))));
      return [...rows];
    });
    expect(ranked).toEqual([
      [2, 1],
      [1, 3],
      [4, 2],
      [3, 0],
    ]);
  });
});
