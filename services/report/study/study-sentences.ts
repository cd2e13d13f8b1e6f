import { formatPoints } from '../format.ts';
import { REMARKABLE, samplingError } from '../result-sentences.ts';
import type { Cell } from './cell.ts';
import { panelResult } from './panel-sentences.ts';
import type { Panel } from './panels.ts';
import { isBaseline } from './row-key.ts';
import { mainEvaluation, type StudyRow } from './study-rows.ts';

/** What came out of a study, in words: first over all, then panel by panel, then what to bear in mind. */
export function studySentences(rows: readonly StudyRow[], cells: readonly Cell[], panels: readonly Panel[]): string[] {
  if (rows.length === 0) return ['No row is complete yet.'];
  const results = panels.map(panelResult);
  const chance = describeChance(rows, cells);
  // The first sentence stands out, so that of a single panel is kept short.
  if (results.length === 1) return [...results[0]!.sentences, chance];
  const keepUp = results.filter(({ keepsUp }) => keepsUp).length;
  const overall =
    `In ${keepUp} of ${panels.length} comparisons a pruned row is within ${formatPoints(REMARKABLE)} of full data's ` +
    'accuracy under PGD, or above it.';
  return [overall, ...results.map(({ sentences }) => sentences.join(' ')), chance];
}

function describeChance(rows: readonly StudyRow[], cells: readonly Cell[]): string {
  const seeds = rows.map((row) => row.seeds.length);
  const [least, most] = [Math.min(...seeds), Math.max(...seeds)];
  const means =
    most === 1 ? 'Every figure is of one seed' : `Figures are means over ${least < most ? 'up to ' : ''}${most} seeds`;
  const error = largestError(cells);
  // At 0 or 100 % the estimate is 0, which says nothing.
  if (!error) return `${means}.`;
  return `${means}. The test examples are a sample: on their account alone, two figures of one seed can differ by up to ${formatPoints(error)}.`;
}

/** Over the baselines, the half-width of the 95 % interval of a difference of two rows as accurate as they. */
function largestError(cells: readonly Cell[]): number | null {
  const errors = cells.flatMap((cell) => {
    const pgd = mainEvaluation(cell)?.pgd;
    if (!pgd || !isBaseline(cell.row)) return [];
    const measured = { accuracy: pgd.accuracy, examples: pgd.examples };
    return samplingError(measured, measured) ?? [];
  });
  return errors.length === 0 ? null : Math.max(...errors);
}
