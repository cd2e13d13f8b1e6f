import { plainTable } from '../../../clients/cli/output/plain-table.ts';
import type { MethodName } from './cases.ts';

/** What our side measured of a case. */
export interface OurFigures {
  readonly seconds: number;
  readonly residual: number;
  readonly peakMiB: number;
}

/** What a peer measured, its residual taken the way ours is. */
export interface PeerFigures {
  readonly seconds: number;
  readonly residual: number;
}

/** One case's figures, as they are printed. */
export interface SelectLine {
  readonly bench: 'select';
  readonly method: MethodName;
  readonly n: number;
  readonly k: number;
  readonly oursSeconds: number;
  /** Null, as all that compares, where no peer does this. */
  readonly peerSeconds: number | null;
  /** peerSeconds / oursSeconds: how many times faster ours is. */
  readonly ratio: number | null;
  /** Our residual / theirs. */
  readonly residualRatio: number | null;
  /** Highest resident memory above that before the selection. */
  readonly peakMiB: number;
  /** Microseconds of ours for each of the n. */
  readonly usPerExample: number;
}

const SECOND_DIGITS = 3;
const RATIO_DIGITS = 3;

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** A case's line. */
export function selectLine(
  { method, n, k }: Pick<SelectLine, 'method' | 'n' | 'k'>,
  ours: OurFigures,
  theirs?: PeerFigures,
): SelectLine {
  return {
    bench: 'select',
    method,
    n,
    k,
    oursSeconds: rounded(ours.seconds, SECOND_DIGITS),
    peerSeconds: theirs ? rounded(theirs.seconds, SECOND_DIGITS) : null,
    ratio: theirs ? rounded(theirs.seconds / ours.seconds, RATIO_DIGITS) : null,
    residualRatio: theirs ? rounded(ours.residual / theirs.residual, RATIO_DIGITS) : null,
    peakMiB: rounded(ours.peakMiB, 1),
    usPerExample: rounded((1e6 * ours.seconds) / n, 1),
  };
}

/** The lines as a table for people. */
export function selectTable(lines: readonly SelectLine[]): string {
  const head = ['method', 'n', 'k', 'ours', "CORDS'", 'ratio', 'residuals', 'peak', 'per example'];
  const times = (value: number | null) => (value === null ? '' : `${value.toFixed(2)}x`);
  const rows = lines.map((line) => [
    line.method,
    String(line.n),
    String(line.k),
    `${line.oursSeconds.toFixed(2)} s`,
    line.peerSeconds === null ? '' : `${line.peerSeconds.toFixed(1)} s`,
    times(line.ratio),
    times(line.residualRatio),
    `${line.peakMiB.toFixed(0)} MiB`,
    `${line.usPerExample.toFixed(0)} us`,
  ]);
  return plainTable(head, rows);
}
