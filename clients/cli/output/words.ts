import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { ScorerFallback } from '../../../proto/gen/winnow/v1/selection_pb.ts';

/** An enum value's name in lower case with spaces: RunState.SUCCEEDED gives "succeeded". */
export function enumWord(names: Readonly<Record<string, number>>, value: number): string {
  const name = Object.entries(names).find(([, number]) => number === value)?.[0];
  return name === undefined ? `unknown (${value})` : name.toLowerCase().replaceAll('_', ' ');
}

/** A run's state in words. */
export function stateWord(state: RunState): string {
  return enumWord(RunState, state);
}

/** An objective's name as written in papers: "TRADES". */
export function objectiveWord(kind: ObjectiveKind | undefined): string {
  return enumWord(ObjectiveKind, kind ?? ObjectiveKind.UNSPECIFIED).toUpperCase();
}

/** What took the place of a scorer's set: "a random set". */
export function fallbackWord(kind: ScorerFallback): string {
  return kind === ScorerFallback.LAST_SET ? 'the last good set' : 'a random set';
}

/** A share as a percentage: 0.3 gives "30 %". */
export function percent(share: number, decimals = 1): string {
  return `${Number((share * 100).toFixed(decimals))} %`;
}

/** Seconds as people say them: "45 s", "3 min 05 s", "2 h 07 min". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const pad = (part: number) => String(part).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** A number of steps: "1 step", "10 steps". */
export function stepCount(steps: number): string {
  return steps === 1 ? '1 step' : `${steps} steps`;
}

/** Digits of a length that is no ratio: all but those that are rounding errors. */
const EXACT_DIGITS = 12;

/** A length in pixel units, exact: with the ratio of 255 where it is a short one, 0.03137 gives "8/255 = 0.03137". */
export function pixelLength(value: number): string {
  const levels = value * 255;
  const decimal = Number(value.toPrecision(4));
  const ratio = Math.abs(levels - Math.round(levels)) < 1e-6 && levels >= 1;
  return ratio && Math.round(levels) < 255 && decimal !== value
    ? `${Math.round(levels)}/255 = ${decimal}`
    : `${Number(value.toPrecision(EXACT_DIGITS))}`;
}
