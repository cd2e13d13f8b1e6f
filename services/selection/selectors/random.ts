import { selectRandom } from '../rank.ts';
import type { Selector } from '../selector.ts';

/** Random examples without replacement: the control of every comparison. Reads nothing but labels, for the class floor. */
export const random: Selector = {
  name: 'random',
  version: '1',
  description: 'Keeps examples drawn uniformly at random without replacement; the control of every comparison.',
  scoreMeaning: 'A random number in [0,1): the highest are kept.',
  parameters: [],
  needs: [],
  output: 'set',
  async select({ signals, k, random: next, classFloor }) {
    const { examples, labels, classes } = signals;
    const { indices, keys } = selectRandom(examples, k, next, { labels, classes, classFloor });
    return { indices, scores: Float32Array.from(keys) };
  },
};
