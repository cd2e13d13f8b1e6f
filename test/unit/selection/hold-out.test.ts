import { describe, expect, it } from 'vitest';
import { holdOut } from '../../../services/selection/hold-out.ts';
import { keptPerClass } from '../../../services/selection/quality.ts';
import { seededRandom } from './synthetic-signals.ts';

describe('holdOut', () => {
  // 100, 44, 0 and 3 examples.
  const labels = Uint16Array.from({ length: 147 }, (_, i) => (i < 100 ? 0 : i < 144 ? 1 : 3));

  it('takes its share of every class, one at least', () => {
    const taken = holdOut(labels, 4, 0.1, seededRandom(1));
    expect(keptPerClass(taken, labels, 4)).toEqual(Uint32Array.of(10, 4, 0, 1));
    expect(new Set(taken).size).toBe(15);
    expect(taken).toEqual(taken.slice().sort());
    expect(holdOut(labels, 4, 1, seededRandom(1))).toHaveLength(147);
  });

  it('goes by the seed', () => {
    expect(holdOut(labels, 4, 0.1, seededRandom(2))).toEqual(holdOut(labels, 4, 0.1, seededRandom(2)));
    expect(holdOut(labels, 4, 0.1, seededRandom(2))).not.toEqual(holdOut(labels, 4, 0.1, seededRandom(3)));
  });
});
