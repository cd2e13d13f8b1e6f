import { InvalidArgumentError } from '@commander-js/extra-typings';

/** The range a number must lie in. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** Whether `min` itself is refused. */
  readonly above?: boolean;
}

// Decimal notation only: Number() alone would also take '', '0x10' and ' 1 '.
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A parser of decimals and of ratios such as "8/255", within a range. */
export function ratioIn(range: Range): (text: string) => number {
  return (text) => {
    const parts = text.split('/');
    if (parts.length > 2 || parts.some((part) => !DECIMAL.test(part))) {
      throw new InvalidArgumentError('give a number such as 0.03 or a ratio such as 8/255.');
    }
    const [numerator, denominator] = parts.map(Number);
    if (denominator === 0) throw new InvalidArgumentError('the ratio divides by 0.');
    return checkRange(numerator / (denominator ?? 1), range);
  };
}

/** A parser of whole numbers within a range. */
export function wholeIn(range: Range): (text: string) => number {
  return (text) => {
    // 10_000 and 10,000 are what people write.
    const digits = text.replace(/[_,]/g, '');
    if (!/^\d+$/.test(digits) || !Number.isSafeInteger(Number(digits))) {
      throw new InvalidArgumentError('give a whole number.');
    }
    return checkRange(Number(digits), range);
  };
}

function checkRange(value: number, { min, max, above = false }: Range): number {
  const low = min !== undefined && (above ? value <= min : value < min);
  if (low || (max !== undefined && value > max) || !Number.isFinite(value)) {
    const lowest = min === undefined ? '' : `${above ? 'above' : 'at least'} ${min}`;
    const highest = max === undefined ? '' : `at most ${max}`;
    throw new InvalidArgumentError(`it must be ${[lowest, highest].filter(Boolean).join(' and ')}.`);
  }
  return value;
}
