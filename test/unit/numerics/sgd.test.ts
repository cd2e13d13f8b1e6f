import { describe, expect, it } from 'vitest';
import { tf } from '../../../services/numerics/backend.ts';
import { Weights } from '../../../services/numerics/models/weights.ts';
import { Sgd } from '../../../services/numerics/sgd.ts';
import { largestDifference, withoutLeak } from './tensor-assertions.ts';

const STEPS = [
  { learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4 },
  { learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4 },
  { learningRate: 0.01, momentum: 0.5, weightDecay: 0 },
  { learningRate: 0.5, momentum: 0, weightDecay: 0.1 },
];

const START = [1, -2, 0.5];
const gradientOf = (step: number) => START.map((_, i) => Math.sin(3 * step + i));

function declared(): Weights {
  const weights = new Weights();
  weights.add('w', 'vector', tf.tensor1d(START));
  weights.add('running', 'vector', tf.tensor1d(START), false);
  return weights;
}

describe('SGD', () => {
  it('follows its equation over several steps, touches no statistic and leaves no tensor', () => {
    const { w, running } = withoutLeak(() => {
      const weights = declared();
      const sgd = new Sgd(weights);
      const flat = tf.memory().numTensors;
      for (const [i, step] of STEPS.entries()) {
        sgd.update(new Map([['w', tf.tensor1d(gradientOf(i))]]), step);
        expect(tf.memory().numTensors, 'gradients are freed').toBe(flat);
      }
      const snapshot = weights.snapshot();
      sgd.dispose();
      weights.dispose();
      return { w: snapshot.get('w')!.data, running: snapshot.get('running')!.data };
    });
    let expected = START;
    let velocity = START.map(() => 0);
    for (const [i, { learningRate, momentum, weightDecay }] of STEPS.entries()) {
      const gradient = gradientOf(i).map((g, j) => g + weightDecay * expected[j]);
      velocity = velocity.map((v, j) => momentum * v + gradient[j]);
      expected = expected.map((value, j) => value - learningRate * velocity[j]);
    }
    expect(largestDifference(w, expected)).toBeLessThan(1e-6);
    expect([...running]).toEqual(START);
  });

  it('refuses an update without the gradient of a weight, by its name', () => {
    const sgd = new Sgd(declared());
    expect(() => sgd.update(new Map(), STEPS[0])).toThrow('no gradient for w');
  });
});
