import { describe, expect, it } from 'vitest';
import { selectGradMatch } from '../../../services/selection/grad-match.ts';
import { gradientSource } from '../../../services/selection/gradient-source.ts';
import { rankOneGradients, sumGradient } from '../../../services/selection/gradients.ts';
import { ownRow } from '../../../services/selection/own-row.ts';
import { subsetResidual } from '../../../services/selection/quality.ts';
import { inner, materialise, pursueDense, weightedSum } from './dense-reference.ts';
import { objectives, syntheticSignals } from './synthetic-signals.ts';

describe.each([...objectives])('ownRow of %s gradients', (_, objective) => {
  const signals = syntheticSignals(9, 90, 3, 5);
  const gradients = rankOneGradients(signals, objective);

  it('is the row of the class in the gradient written out', () => {
    const whole = materialise(gradients);
    const cut = ownRow({ atoms: gradients, target: sumGradient(gradients), label: 2, k: 1 });
    expect([...cut.target]).toEqual([...sumGradient(cut.atoms)]);
    materialise(cut.atoms).forEach((row, i) => {
      expect([...row]).toEqual([...whole[i].subarray(12, 18)]);
    });
  });

  it('is what each class is matched on by the row variant', async () => {
    const options = { k: 24, classes: 3, lambda: 0.1, atomsPerRound: 1 };
    const found = await selectGradMatch(gradientSource(gradients), signals.labels, { ...options, ownRowOnly: true });
    const dense = materialise(gradients);
    for (let label = 0; label < 3; label += 1) {
      const rowOf = (i: number) => dense[i].slice(6 * label, 6 * label + 6);
      const rows = [...dense.keys()].filter((i) => i % 3 === label).map(rowOf);
      const target = weightedSum(rows, new Float64Array(30).fill(1));
      const kept = [...found.indices.keys()].filter((at) => found.indices[at] % 3 === label);
      const sum = weightedSum(
        kept.map((at) => rowOf(found.indices[at])),
        kept.map((at) => found.weights[at]),
      );
      const left = sum.map((value, j) => value - target[j]);
      const reference = pursueDense(rows, target, 8, 0.1);
      expect(kept).toHaveLength(8);
      expect(Math.sqrt(inner(left, left) / inner(target, target))).toBeLessThan(1.1 * reference.residual + 1e-3);
    }
    expect(found.residual).toBeCloseTo(subsetResidual(gradients, found.indices, found.weights), 9);
  });
});
