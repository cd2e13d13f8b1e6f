import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, invalidField } from '../app-error.ts';
import type { Selector, SelectorParameter } from './selector.ts';
import { advCraig } from './selectors/adv-craig.ts';
import { advGlister } from './selectors/adv-glister.ts';
import { advGradMatch } from './selectors/adv-grad-match.ts';
import { advGradMatchBatch } from './selectors/adv-grad-match-batch.ts';
import { advGradMatchRow } from './selectors/adv-grad-match-row.ts';
import { adversarialLoss } from './selectors/adversarial-loss.ts';
import { easyFirst } from './selectors/easy-first.ts';
import { el2n } from './selectors/el2n.ts';
import { forgetting } from './selectors/forgetting.ts';
import { grand } from './selectors/grand.ts';
import { lossDrop } from './selectors/loss-drop.ts';
import { margin } from './selectors/margin.ts';
import { random } from './selectors/random.ts';

/** The built-in selectors by name, in alphabetical order. */
export const selectors: ReadonlyMap<string, Selector> = new Map(
  [
    advCraig,
    advGlister,
    advGradMatch,
    advGradMatchBatch,
    advGradMatchRow,
    adversarialLoss,
    easyFirst,
    el2n,
    forgetting,
    grand,
    lossDrop,
    margin,
    random,
  ].map((selector) => [selector.name, selector]),
);

/** The selector of this name. @throws AppError UNKNOWN_SCORER listing the known ones, `others` among them. */
export function findSelector(name: string, others: readonly string[] = []): Selector {
  const selector = selectors.get(name);
  if (selector !== undefined) return selector;
  const known = [...selectors.keys(), ...others].sort().join(', ');
  throw new AppError(ErrorReason.UNKNOWN_SCORER, `no scorer is named ${JSON.stringify(name)}; known are ${known}`, {
    fields: [{ field: 'selection.scorer', description: `must be one of ${known}` }],
  });
}

/**
 * A value for every parameter of the selector: the given one, checked, or its default.
 * @throws AppError INVALID_FIELD for `selection.parameters.NAME` where NAME is unknown or its value is not allowed.
 */
export function resolveParameters(
  selector: Pick<Selector, 'name' | 'parameters'>,
  given: Readonly<Record<string, number>>,
): Map<string, number> {
  const resolved = new Map(selector.parameters.map(({ name, defaultValue }) => [name, defaultValue]));
  for (const [name, value] of Object.entries(given)) {
    const parameter = selector.parameters.find((known) => known.name === name);
    if (parameter === undefined) throw unknownParameter(selector, name);
    checkValue(parameter, value);
    resolved.set(name, value);
  }
  return resolved;
}

/**
 * How many of N examples a kept fraction in (0,1] means: k = max(1, round(fraction·N)), in [1, N].
 * @throws AppError INVALID_FIELD for `selection.fraction`.
 */
export function keepCount(fraction: number, examples: number): number {
  if (!(fraction > 0 && fraction <= 1)) {
    throw invalidField('selection.fraction', `is ${fraction}; must be above 0 and at most 1`);
  }
  return Math.max(1, Math.round(fraction * examples));
}

function unknownParameter(selector: Pick<Selector, 'name' | 'parameters'>, name: string): Error {
  const known = selector.parameters.map((parameter) => parameter.name).join(', ') || 'none';
  return invalidField(`selection.parameters.${name}`, `${selector.name} has no such parameter; it has ${known}`);
}

function checkValue({ name, minimum, maximum, integer }: SelectorParameter, value: number): void {
  const inBounds = value >= minimum && value <= maximum;
  if (inBounds && (!integer || Number.isInteger(value))) return;
  const kind = integer ? 'a whole number' : 'a number';
  throw invalidField(`selection.parameters.${name}`, `is ${value}; must be ${kind} from ${minimum} to ${maximum}`);
}
