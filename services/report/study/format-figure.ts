import { NOT_MEASURED } from '../format.ts';
import type { Figure } from './study-rows.ts';

/** A figure as text, "45.1 ± 0.4" where it has a spread. */
export function formatFigure({ mean, spread }: Figure, format: (value: number) => string): string {
  if (mean === null) return NOT_MEASURED;
  return spread === null ? format(mean) : `${format(mean)} ± ${format(spread)}`;
}
