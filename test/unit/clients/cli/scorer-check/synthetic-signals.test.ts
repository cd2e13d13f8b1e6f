import fc from 'fast-check';
import { expect, test } from 'vitest';
import { syntheticSignals } from '../../../../../clients/cli/scorer-check/synthetic-signals.ts';

const shapes = fc.record({
  examples: fc.integer({ min: 1, max: 40 }),
  classes: fc.integer({ min: 2, max: 6 }),
  features: fc.integer({ min: 1, max: 8 }),
  seed: fc.nat(),
});

test('signals are finite, of the right size, the same for the same seed', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const signals = syntheticSignals(shape);
      const { examples, classes, features } = shape;
      expect(signals.labels).toHaveLength(examples);
      expect(signals.adversarialLogits).toHaveLength(examples * classes);
      expect(signals.cleanFeatures).toHaveLength(examples * features);
      for (const values of Object.values(signals)) {
        if (typeof values !== 'number') expect(Array.from(values).every(Number.isFinite)).toBe(true);
      }
      expect(syntheticSignals(shape)).toEqual(signals);
    }),
  );
});

test('losses and margins are those of the logits', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const { classes } = shape;
      const { labels, adversarialLogits, adversarialLosses, adversarialMargins } = syntheticSignals(shape);
      labels.forEach((label, i) => {
        const row = [...adversarialLogits.subarray(i * classes, (i + 1) * classes)];
        const others = row.filter((_, c) => c !== label);
        const share = Math.exp(row[label]!) / row.reduce((sum, logit) => sum + Math.exp(logit), 0);
        expect(adversarialLosses[i]).toBeCloseTo(-Math.log(share), 4);
        expect(adversarialMargins[i]).toBeCloseTo(row[label]! - Math.max(...others), 4);
      });
    }),
  );
});

test('only the classes asked for have examples', () => {
  const { labels } = syntheticSignals({ examples: 30, classes: 3, features: 2, seed: 1, present: [0, 2] });
  expect([...new Set(labels)].sort()).toEqual([0, 2]);
});
