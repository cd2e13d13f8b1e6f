import { describe, expect, it } from 'vitest';
import { ObjectiveKind } from '../../../../proto/gen/winnow/v1/objective_pb.ts';
import { validateSignals } from '../../../../services/selection/signals.ts';
import { scaleLabel, scaleSignals, scaleSource } from '../../../bench/select/scale-source.ts';
import { syntheticClass } from '../../../bench/select/synthetic-class.ts';

describe('syntheticClass', () => {
  it('is the same for the same seed, and neither all right nor all wrong under attack', () => {
    const signals = syntheticClass(200, 10, 64, 1n);
    expect(syntheticClass(200, 10, 64, 1n)).toEqual(signals);
    expect(syntheticClass(200, 10, 64, 2n)).not.toEqual(signals);
    validateSignals(signals);
    const right = Array.from({ length: 200 }, (_, i) => signals.adversarialLogits.subarray(10 * i, 10 * i + 10)).filter(
      (logits) => logits.every((logit) => logit <= logits[0]),
    );
    expect(right.length).toBeGreaterThan(40);
    expect(right.length).toBeLessThan(195);
  });
});

describe('scaleSource', () => {
  const scale = { examples: 50, classes: 8, features: 6, classSize: 20 };

  it('makes every example from its index alone, class by class', () => {
    const all = scaleSignals(
      scale,
      Uint32Array.from({ length: 50 }, (_, i) => i),
    );
    const [one] = [scaleSignals(scale, Uint32Array.of(45))];
    expect(one.adversarialLogits).toEqual(all.adversarialLogits.slice(45 * 8, 46 * 8));
    expect(one.adversarialFeatures).toEqual(all.adversarialFeatures.slice(45 * 6, 46 * 6));
    expect([...one.labels]).toEqual([scaleLabel(scale, 45)]);
    expect(scaleLabel(scale, 45)).toBe(2);
    validateSignals(all);
  });

  it('gives gradients, and counts the time that its signals take', () => {
    const source = scaleSource(scale, { kind: ObjectiveKind.AT, beta: 0, lambda: 0 });
    expect(source.seconds).toBe(0);
    const { terms, examples } = source.take(Uint32Array.of(3, 4));
    expect([examples, terms.length, terms[0].errors.length]).toEqual([2, 1, 16]);
    expect(source.seconds).toBeGreaterThan(0);
  });
});
