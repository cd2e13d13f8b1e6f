import { plainTable } from '../../../clients/cli/output/plain-table.ts';
import type { Pair, StepCase } from './cases.ts';
import { median } from './median.ts';

/** One pair's figures, as they are printed. */
export interface StepLine extends StepCase, Pair {
  readonly bench: 'step';
  /** Median milliseconds of a step. */
  readonly oursMs: number;
  readonly peerMs: number;
  /** peerMs / oursMs: how many times faster ours is. */
  readonly ratio: number;
  /** Share of our step's time inside convolutions and their gradients, in [0,1]. */
  readonly convShare: number;
}

/** Digits after the point: a step's time repeats to a percent or so. */
const MS_DIGITS = 1;
const RATIO_DIGITS = 3;

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** A pair's line from the milliseconds of each step. */
export function stepLine(
  { model, objective, batch }: StepCase,
  { precision, peer }: Pair,
  { ours, theirs, convShare }: { ours: readonly number[]; theirs: readonly number[]; convShare: number },
): StepLine {
  const [oursMs, peerMs] = [median(ours), median(theirs)];
  return {
    bench: 'step',
    model,
    objective,
    batch,
    precision,
    oursMs: rounded(oursMs, MS_DIGITS),
    peer,
    peerMs: rounded(peerMs, MS_DIGITS),
    ratio: rounded(peerMs / oursMs, RATIO_DIGITS),
    convShare: rounded(convShare, RATIO_DIGITS),
  };
}

/** The lines as a table for people. */
export function stepTable(lines: readonly StepLine[]): string {
  const head = ['model', 'objective', 'batch', 'precision', 'ours', 'peer', "peer's", 'ratio', 'convolutions'];
  const rows = lines.map((line) => [
    line.model,
    line.objective,
    String(line.batch),
    line.precision,
    `${line.oursMs.toFixed(0)} ms`,
    line.peer,
    `${line.peerMs.toFixed(0)} ms`,
    `${line.ratio.toFixed(2)}x`,
    `${(100 * line.convShare).toFixed(0)} %`,
  ]);
  return plainTable(head, rows);
}
