import { expect, it } from 'vitest';
import { raiseKept } from '../../../services/selection/raise-kept.ts';

it('raises kept examples to the highest dropped one of their class, and leaves all others alone', () => {
  const labels = Uint16Array.of(0, 0, 0, 0, 1, 1, 2);
  const scores = Float64Array.of(5, 1, 3, -1, 0.5, 9, -4);
  expect(raiseKept(scores, Uint32Array.of(0, 1, 4, 6), labels, 4)).toEqual(Float32Array.of(5, 3, 3, -1, 9, 9, -4));
});
