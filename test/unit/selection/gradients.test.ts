import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import {
  gramBlock,
  innerWithDense,
  rankOneGradients,
  squaredNorms,
  sumGradient,
  takeExamples,
} from '../../../services/selection/gradients.ts';
import type { GradientObjective } from '../../../services/selection/objective.ts';
import { inner, materialise, weightedSum } from './dense-reference.ts';
import { objectives, seededRandom, syntheticSignals } from './synthetic-signals.ts';

/**
 * The papers' losses written plainly, in float64, as functions of the last layer: logits are W·h + b and W·h' + b, so
 * every path a gradient can take is open, and the attack's and features' are closed.
 */
function plainLoss(
  objective: GradientObjective,
  layer: Float64Array,
  h: Float64Array,
  hAdv: Float64Array,
  y: number,
): number {
  const p = softmax(linear(layer, h));
  const q = softmax(linear(layer, hAdv));
  const kl = p.reduce((sum, share, c) => sum + share * Math.log(share / q[c]), 0);
  if (objective.kind === ObjectiveKind.AT) return -Math.log(q[y]);
  if (objective.kind === ObjectiveKind.TRADES) return -Math.log(p[y]) + objective.beta * kl;
  const wrong = Math.max(...q.filter((_, c) => c !== y));
  return -Math.log(q[y]) - Math.log(1 - wrong) + objective.lambda * kl * (1 - p[y]);
}

function linear(layer: Float64Array, h: Float64Array): number[] {
  const width = h.length + 1;
  return Array.from({ length: layer.length / width }, (_, c) =>
    h.reduce((sum, value, j) => sum + layer[c * width + j] * value, layer[c * width + h.length]),
  );
}

function softmax(logits: number[]): number[] {
  const largest = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - largest));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

/** Central differences of the plain loss by every weight and bias. */
function finiteDifferences(loss: (layer: Float64Array) => number, layer: Float64Array): Float64Array {
  const step = 1e-5;
  return layer.map((_, i) => {
    const moved = (by: number) => loss(layer.map((value, j) => (j === i ? value + by : value)));
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

const small = () => syntheticSignals(3, 24, 4, 6);

describe.each([...objectives])('last-layer gradients of %s', (_, objective) => {
  it('equal central differences of the loss by (W, b)', () => {
    const classes = 4;
    const features = 5;
    const random = seededRandom(11);
    const layer = Float64Array.from({ length: classes * (features + 1) }, () => 2 * random() - 1);
    for (let trial = 0; trial < 20; trial += 1) {
      const h = Float32Array.from({ length: features }, () => 2 * random());
      const hAdv = h.map((value) => Math.max(0, value + random() - 0.5));
      const y = trial % classes;
      const signals = {
        examples: 1,
        classes,
        features,
        labels: Uint16Array.of(y),
        cleanLogits: Float32Array.from(linear(layer, Float64Array.from(h))),
        adversarialLogits: Float32Array.from(linear(layer, Float64Array.from(hAdv))),
        cleanFeatures: h,
        adversarialFeatures: hAdv,
      };
      const [found] = materialise(rankOneGradients(signals, objective));
      const expected = finiteDifferences(
        (moved) => plainLoss(objective, moved, Float64Array.from(h), Float64Array.from(hAdv), y),
        layer,
      );
      const largest = Math.max(...expected.map(Math.abs));
      found.forEach((value, i) => {
        expect(Math.abs(value - expected[i])).toBeLessThan(2e-6 * (1 + largest));
      });
    }
  });

  it('have as inner products the Hadamard product', async () => {
    const gradients = rankOneGradients(small(), objective);
    const dense = materialise(gradients);
    const rows = Uint32Array.of(5, 0, 17);
    const columns = Uint32Array.of(2, 5, 23, 9);
    const scale = Math.max(...squaredNorms(gradients));
    const all = await gramBlock(gradients, rows);
    const block = await gramBlock(gradients, rows, columns);
    rows.forEach((row, r) => {
      dense.forEach((other, j) => {
        expect(Math.abs(all[r * 24 + j] - inner(dense[row], other))).toBeLessThan(1e-5 * scale);
      });
      columns.forEach((column, c) => {
        expect(block[r * 4 + c]).toBe(all[r * 24 + column]);
      });
    });
  });

  it('sum up, weighted or not, and multiply with a dense gradient as if written out', () => {
    const gradients = rankOneGradients(small(), objective);
    const dense = materialise(gradients);
    const indices = Uint32Array.of(4, 1, 20);
    const weights = [0.5, 2, 3];
    const part = sumGradient(gradients, indices, weights);
    const expected = weightedSum(
      Array.from(indices, (i) => dense[i]),
      weights,
    );
    part.forEach((value, j) => {
      expect(value).toBeCloseTo(expected[j], 10);
    });
    const whole = weightedSum(dense, new Float64Array(24).fill(1));
    sumGradient(gradients).forEach((value, j) => {
      expect(value).toBeCloseTo(whole[j], 10);
    });
    innerWithDense(gradients, part).forEach((value, i) => {
      expect(value).toBeCloseTo(inner(dense[i], expected), 8);
    });
    squaredNorms(gradients).forEach((value, i) => {
      expect(value).toBeCloseTo(inner(dense[i], dense[i]), 8);
    });
  });

  it('of a part are the same as the part of the whole', () => {
    const gradients = rankOneGradients(small(), objective);
    const dense = materialise(gradients);
    const part = materialise(takeExamples(gradients, Uint32Array.of(7, 3)));
    expect(part).toEqual([dense[7], dense[3]]);
  });

  it('stay finite at saturated and huge logits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 6, maxLength: 6 }),
        fc.nat(2),
        (logits, label) => {
          const signals = {
            ...syntheticSignals(1, 1, 3, 2, Uint16Array.of(label)),
            cleanLogits: Float32Array.from(logits.slice(0, 3)),
            adversarialLogits: Float32Array.from(logits.slice(3)),
          };
          for (const { errors } of rankOneGradients(signals, objective).terms) {
            expect(errors.every(Number.isFinite)).toBe(true);
            // Softmax doesn't see a constant added to all logits, so its derivative sums to 0.
            const total = errors.reduce((sum, value) => sum + value, 0);
            const largest = Math.max(...errors.map(Math.abs));
            expect(Math.abs(total)).toBeLessThanOrEqual(1e-5 * (1 + largest));
          }
        },
      ),
    );
  });
});

describe('rankOneGradients', () => {
  it('shares the features and has one term for AT, two for the others', () => {
    const signals = small();
    const terms = (name: string) => rankOneGradients(signals, objectives.get(name)!).terms;
    expect(terms('AT').map((term) => term.features)).toEqual([signals.adversarialFeatures]);
    expect(terms('AT')[0].features).toBe(signals.adversarialFeatures);
    for (const name of ['TRADES', 'MART']) {
      expect(terms(name)[0].features).toBe(signals.cleanFeatures);
      expect(terms(name)[1].features).toBe(signals.adversarialFeatures);
    }
  });

  it('lets the gradient of the KL flow through p as well as q', () => {
    // With a stopped p, the clean term would be p − y whatever beta is.
    const signals = small();
    const stopped = rankOneGradients(signals, { kind: ObjectiveKind.TRADES, beta: 0, lambda: 0 }).terms[0].errors;
    const flowing = rankOneGradients(signals, { kind: ObjectiveKind.TRADES, beta: 6, lambda: 0 }).terms[0].errors;
    expect(Math.max(...flowing.map((value, i) => Math.abs(value - stopped[i])))).toBeGreaterThan(0.01);
  });

  it('refuses missing clean signals and unknown objectives', () => {
    const { cleanLogits: _, ...attackedOnly } = small();
    expect(() => rankOneGradients(attackedOnly, objectives.get('MART')!)).toThrow('need clean');
    expect(rankOneGradients(attackedOnly, objectives.get('AT')!).terms).toHaveLength(1);
    expect(() => rankOneGradients(small(), { kind: ObjectiveKind.UNSPECIFIED, beta: 0, lambda: 0 })).toThrow('no loss');
  });
});
