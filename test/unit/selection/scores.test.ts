import { describe, expect, it } from 'vitest';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { rankOneGradients } from '../../../services/selection/gradients.ts';
import { adversarialLoss, adversarialMargin, el2n, gradientNorms } from '../../../services/selection/scores.ts';
import { inner, materialise } from './dense-reference.ts';
import { objectives, syntheticSignals } from './synthetic-signals.ts';

/** One example of class 0 with clean prediction p and adversarial prediction q. */
function predicted(p: number[], q: number[]) {
  return {
    ...syntheticSignals(1, 1, p.length, 2, Uint16Array.of(0)),
    cleanLogits: Float32Array.from(p, Math.log),
    adversarialLogits: Float32Array.from(q, Math.log),
  };
}

describe('adversarialLoss', () => {
  const signals = predicted([0.7, 0.2, 0.1], [0.3, 0.5, 0.2]);
  const kl = 0.7 * Math.log(0.7 / 0.3) + 0.2 * Math.log(0.2 / 0.5) + 0.1 * Math.log(0.1 / 0.2);
  const lossUnder = (kind: ObjectiveKind) => adversarialLoss(signals, { kind, beta: 6, lambda: 5 })[0];

  it('is cross-entropy under attack for AT', () => {
    expect(lossUnder(ObjectiveKind.AT)).toBeCloseTo(-Math.log(0.3), 6);
  });

  it('is clean cross-entropy and beta KL for TRADES', () => {
    expect(lossUnder(ObjectiveKind.TRADES)).toBeCloseTo(-Math.log(0.7) + 6 * kl, 6);
  });

  it('is boosted cross-entropy and lambda KL (1 - p_y) for MART', () => {
    expect(lossUnder(ObjectiveKind.MART)).toBeCloseTo(-Math.log(0.3) - Math.log(1 - 0.5) + 5 * kl * 0.3, 6);
  });

  it.each([ObjectiveKind.AT, ObjectiveKind.TRADES, ObjectiveKind.MART])(
    'is finite at saturation, objective %d',
    (kind) => {
      const saturated = {
        ...predicted([1, 1, 1], [1, 1, 1]),
        cleanLogits: Float32Array.of(1000, 0, -1000),
        adversarialLogits: Float32Array.of(-1000, 0, 1000),
      };
      const [loss] = adversarialLoss(saturated, { kind, beta: 6, lambda: 5 });
      expect(loss).toBeGreaterThan(1000);
      expect(Number.isFinite(loss)).toBe(true);
    },
  );

  it('reads no clean logits under AT, and asks for them otherwise', () => {
    const { cleanLogits: _, ...attacked } = signals;
    const under = (kind: ObjectiveKind) => adversarialLoss(attacked, { kind, beta: 6, lambda: 5 });
    expect(under(ObjectiveKind.AT)[0]).toBeCloseTo(-Math.log(0.3), 6);
    expect(() => under(ObjectiveKind.TRADES)).toThrow('need clean logits');
  });
});

describe('el2n', () => {
  it('is the norm of the adversarial error', () => {
    const [score] = el2n(predicted([0.7, 0.2, 0.1], [0.3, 0.5, 0.2]));
    expect(score).toBeCloseTo(Math.hypot(0.7, 0.5, 0.2), 6);
  });
});

describe('adversarialMargin', () => {
  it('is the lead of the label over the best other class, below 0 where the attack succeeds', () => {
    expect(adversarialMargin(predicted([0.7, 0.2, 0.1], [0.3, 0.5, 0.2]))[0]).toBeCloseTo(-0.2, 6);
    expect(adversarialMargin(predicted([0.1, 0.2, 0.7], [0.6, 0.1, 0.3]))[0]).toBeCloseTo(0.3, 6);
  });
});

describe('gradientNorms', () => {
  it.each([...objectives])('are the norms of the gradients written out, under %s', (_, objective) => {
    const signals = syntheticSignals(2, 12, 4, 6);
    const norms = gradientNorms(signals, objective);
    materialise(rankOneGradients(signals, objective)).forEach((gradient, i) => {
      expect(norms[i]).toBeCloseTo(Math.sqrt(inner(gradient, gradient)), 4);
    });
  });
});
