import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { selectGradMatch } from '../grad-match.ts';
import { rankOneGradients } from '../gradients.ts';
import { readsClean } from '../objective.ts';
import type { Selector } from '../selector.ts';

/**
 * On the same gradients as `AUTOMATIC_ROUNDS` was measured on, 0.1 kept an effective sample size of 78 to 99 % of k
 * where k was 50 or more, at a residual 4 to 18 times below a random subset's; 0.01 matched closer with less even weights.
 */
const DEFAULT_LAMBDA = 0.1;

const ADVERSARIAL = [Signal.LABEL, Signal.ADVERSARIAL_LOGITS, Signal.ADVERSARIAL_FEATURES];
const BOTH = [...ADVERSARIAL, Signal.CLEAN_LOGITS, Signal.CLEAN_FEATURES];

/** GRAD-MATCH (Killamsetty 2021) on the objective's last-layer gradients of attacked examples (Li 2023). */
export const advGradMatch: Selector = {
  name: 'adv-grad-match',
  version: '1',
  description:
    'Keeps, in every class, weighted examples whose last-layer gradients under attack sum up to those of the whole ' +
    'class (GRAD-MATCH, Killamsetty 2021; under attack, Li 2023).',
  parameters: [
    {
      name: 'lambda',
      description: 'Ridge on the weights, as a multiple of the mean squared gradient norm: higher evens them out.',
      defaultValue: DEFAULT_LAMBDA,
      minimum: 0,
      maximum: 1e6,
      integer: false,
    },
    {
      name: 'atoms-per-round',
      description:
        'Examples taken per round of the matching pursuit: 1 is the classic one, more is faster, 0 is k / 64.',
      defaultValue: 0,
      minimum: 0,
      maximum: 256,
      integer: true,
    },
  ],
  needs: BOTH,
  needsUnder: (kind) => (readsClean(kind) ? BOTH : ADVERSARIAL),
  output: 'set',
  async select({ signals, objective, k, parameters, matMul, signal, onProgress }) {
    return selectGradMatch(rankOneGradients(signals, objective), signals.labels, {
      k,
      classes: signals.classes,
      lambda: parameters.get('lambda')!,
      atomsPerRound: parameters.get('atoms-per-round')!,
      matMul,
      signal,
      onProgress,
    });
  },
};
