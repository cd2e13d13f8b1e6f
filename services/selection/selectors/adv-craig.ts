import { selectCraig } from '../craig.ts';
import { signalGradients } from '../gradient-source.ts';
import { gradientNeeds } from '../objective-signals.ts';
import type { Selector } from '../selector.ts';

/**
 * CRAIG (Mirzasoleiman 2020) on the objective's last-layer gradients of attacked examples. The greedy choice is exact,
 * on distances of float32 products; a class of more than 6,144 examples is chosen from in parts.
 */
export const advCraig: Selector = {
  name: 'adv-craig',
  version: '1',
  description:
    'Keeps, in every class, the examples that all others are nearest to in last-layer gradient under attack, by greedy ' +
    'facility location, each weighing as many examples as it stands for (CRAIG, Mirzasoleiman 2020).',
  scoreMeaning:
    "By how much an example lowers the mean distance of its class's examples to the nearest kept one, as a " +
    'share of the largest: when it was taken, or for a dropped one in the end.',
  parameters: [],
  ...gradientNeeds,
  output: 'set',
  async select({ signals, objective, k, matMul, signal, onProgress }) {
    const { labels, classes } = signals;
    return selectCraig(signalGradients(signals, objective), labels, { k, classes, matMul, signal, onProgress });
  },
};
