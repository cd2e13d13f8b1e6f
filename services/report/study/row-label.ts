import { formatShare } from '../format.ts';
import { COLOURS } from '../plots/theme.ts';
import { printable } from '../printable.ts';
import { FULL, isControl, RANDOM, type RowKey } from './row-key.ts';

/** What training saw: "full", "full, 30 % of the epochs", or the scorer. Rows that differ only in attack or fraction share it. */
export function seriesOf({ scorer, epochsShare }: Pick<RowKey, 'scorer' | 'epochsShare'>): string {
  const name = printable(scorer, MAX_NAME);
  return epochsShare < 1 ? `${name}, ${formatShare(epochsShare)} of the epochs` : name;
}

/** Longer names of scorers would fill a plot's legend. */
const MAX_NAME = 32;

/** A row in words, without data set and objective: "adv-grad-match 30 % + Bullet-Train"; `fraction` false leaves the share out. */
export function rowLabel(row: RowKey, { fraction = true } = {}): string {
  const share = fraction && row.fraction < 1 ? ` ${formatShare(row.fraction)}` : '';
  return `${seriesOf(row)}${share}${row.bullet ? ' + Bullet-Train' : ''}`;
}

const SCORER_COLOURS = (['series-1', 'series-2', 'series-3', 'series-4', 'series-7', 'series-8'] as const).map(
  (name) => COLOURS[name],
);

/** The colour of a row in every plot of a study: ink and grey for full data, ochre for random, then one for each scorer. */
export function rowColours(rows: readonly RowKey[]): (row: RowKey) => string {
  const scorers = [...new Set(rows.filter((row) => !isControl(row)).map(({ scorer }) => scorer))];
  return ({ scorer, epochsShare }) => {
    if (scorer === RANDOM) return COLOURS['series-5'];
    if (scorer === FULL) return epochsShare < 1 ? COLOURS['series-6'] : COLOURS.ink;
    return SCORER_COLOURS[scorers.indexOf(scorer) % SCORER_COLOURS.length]!;
  };
}
