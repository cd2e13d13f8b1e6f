import { speedup, totalPasses } from '../speedup.ts';
import type { Cell, StrongEvaluation } from './cell.ts';
import { isBaseline, type RowKey, rowName } from './row-key.ts';

/** A figure over seeds: its mean, and the sample standard deviation where there are two or more. */
export interface Figure {
  readonly mean: number | null;
  readonly spread: number | null;
}

/** One row of a study's table. */
export interface StudyRow extends RowKey {
  readonly name: string;
  readonly seeds: readonly number[];
  /** Accuracies of the model chosen on held-out examples, of the last where none were held out. */
  readonly clean: Figure;
  readonly pgd: Figure;
  readonly autoAttack: Figure;
  /** Accuracy of the last model under the same PGD. */
  readonly lastPgd: Figure;
  /** Scoring included, evaluation excluded. */
  readonly seconds: Figure;
  /** Forward and backward passes together. */
  readonly passes: Figure;
  /** Against full data with the same objective and seed, by seconds and by passes. */
  readonly speedup: Figure;
  readonly speedupPasses: Figure;
  /** PGD accuracy minus the baseline's, seed by seed; negative for less robust. */
  readonly pgdDifference: Figure;
}

/** Mean and spread of the values that are known. */
export function figure(values: readonly (number | null | undefined)[]): Figure {
  const known = values.filter((value): value is number => value !== null && value !== undefined);
  if (known.length === 0) return { mean: null, spread: null };
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.length === 1) return { mean, spread: null };
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / (known.length - 1)) };
}

/** The evaluation a row speaks of: that of the best model, else of the last. */
export function mainEvaluation({ evaluations }: Cell): StrongEvaluation | undefined {
  return evaluations.find(({ model }) => model === 'best') ?? evaluations.find(({ model }) => model === 'last');
}

/** A study's rows in the order of their first cells. Rows without a baseline of their objective have no speed-up. */
export function studyRows(cells: readonly Cell[]): StudyRow[] {
  const baselines = new Map(cells.filter(({ row }) => isBaseline(row)).map((cell) => [baselineKey(cell), cell]));
  const byRow = new Map<string, Cell[]>();
  for (const cell of cells) {
    const name = rowName(cell.row);
    byRow.set(name, [...(byRow.get(name) ?? []), cell]);
  }
  return [...byRow].map(([name, group]) => studyRow(name, group, (cell) => baselines.get(baselineKey(cell))));
}

function baselineKey({ row, seed }: Cell): string {
  return `${row.dataset}/${row.objective}/${seed}`;
}

function studyRow(name: string, cells: readonly Cell[], baselineOf: (cell: Cell) => Cell | undefined): StudyRow {
  const { row } = cells[0]!;
  const over = (value: (cell: Cell) => number | null | undefined) => figure(cells.map(value));
  const faster = (cell: Cell) => {
    const baseline = baselineOf(cell);
    return baseline && speedup(baseline.run, cell.run);
  };
  const pgd = (cell: Cell | undefined) => cell && mainEvaluation(cell)?.pgd.accuracy;
  const difference = (cell: Cell) => {
    const [own, full] = [pgd(cell), pgd(baselineOf(cell))];
    return own === undefined || full === undefined ? null : own - full;
  };
  return {
    ...row,
    name,
    seeds: cells.map(({ seed }) => seed),
    clean: over((cell) => mainEvaluation(cell)?.clean),
    pgd: over(pgd),
    autoAttack: over((cell) => mainEvaluation(cell)?.autoAttack?.robust),
    lastPgd: over(({ evaluations }) => evaluations.find(({ model }) => model === 'last')?.pgd.accuracy),
    seconds: over(({ run }) => run.seconds.total),
    passes: over(({ run }) => totalPasses(run)),
    speedup: over((cell) => faster(cell)?.seconds),
    speedupPasses: over((cell) => faster(cell)?.passes),
    pgdDifference: over(difference),
  };
}
