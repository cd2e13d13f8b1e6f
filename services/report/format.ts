/** What stands for a value that was not measured, in tables and sentences. */
export const NOT_MEASURED = '-';

/** Digits that a reader can tell apart; more would claim a precision that one run does not have. */
const SIGNIFICANT_DIGITS = 3;

/** Returns the value, or null where it is missing, NaN or infinite. */
export function finiteOrNull(value: number | bigint | undefined | null): number | null {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) ? number : null;
}

/** An accuracy in [0,1] with one decimal: 0.9714 is "97.1 %". */
export function formatAccuracy(accuracy: number | null): string {
  return accuracy === null ? NOT_MEASURED : `${(100 * accuracy).toFixed(1)} %`;
}

/** A share in [0,1] with at most three digits: 0.3 is "30 %", 0.0004 is "0.04 %". */
export function formatShare(share: number | null): string {
  return share === null ? NOT_MEASURED : `${Number((100 * share).toPrecision(SIGNIFICANT_DIGITS))} %`;
}

/** A difference of two shares in [0,1] in percentage points, without its sign: 0.022 is "2.2 points". */
export function formatPoints(difference: number): string {
  return `${(100 * Math.abs(difference)).toFixed(1)} points`;
}

/** A time in seconds: "0.42 s", "8.42 s", "84.2 s", "741 s", "12345 s". */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return NOT_MEASURED;
  if (seconds === 0) return '0 s';
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  return seconds < 99.95 ? `${seconds.toFixed(1)} s` : `${seconds.toFixed(0)} s`;
}

/** A count with at most three digits and its unit: 12345678 is "12.3 M", 999 is "999". */
export function formatCount(count: number | null): string {
  if (count === null) return NOT_MEASURED;
  // Rounded before the unit is chosen, so that 999,999 becomes "1 M" and not "1000 k".
  const rounded = Number(count.toPrecision(SIGNIFICANT_DIGITS));
  for (const [size, unit] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k'],
  ] as const) {
    if (rounded >= size)
      return `${Number((rounded / (unit === 'k' ? 1e3 : size)).toPrecision(SIGNIFICANT_DIGITS))} ${unit}`;
  }
  return String(Math.round(count));
}

/** A ratio of costs: 2.913 is "2.9x", 0.0412 is "0.041x". */
export function formatRatio(ratio: number | null): string {
  if (ratio === null) return NOT_MEASURED;
  return ratio < 0.95 ? `${Number(ratio.toPrecision(2))}x` : `${ratio.toFixed(1)}x`;
}

/** A number without loss where it is a setting, and with at most four digits where `digits` is given. */
export function formatNumber(value: number | null, digits?: number): string {
  if (value === null) return NOT_MEASURED;
  return String(digits === undefined ? value : Number(value.toPrecision(digits)));
}

/** A radius or step exactly as the double it is: "0.3", "0.031", "8/255" where it is that double and the fraction is shorter. */
export function formatEpsilon(epsilon: number | null): string {
  if (epsilon === null) return NOT_MEASURED;
  const pixels = Math.round(epsilon * 255);
  const fraction = `${pixels}/255`;
  return pixels / 255 === epsilon && fraction.length < String(epsilon).length ? fraction : String(epsilon);
}
