import Table from 'cli-table3';
import { formatFigure } from './format-figure.ts';
import { isBaseline } from './row-key.ts';
import type { Figure, StudyRow } from './study-rows.ts';

const HEAD = ['row', 'seeds', 'clean', 'PGD', 'AutoAttack', 'seconds', 'passes', 'speed-up', 'by passes'];

const percent = (share: number) => (100 * share).toFixed(1);
const ratio = (value: number) => value.toFixed(2);
const millions = (value: number) => `${(value / 1e6).toFixed(2)} M`;
const seconds = (value: number) => value.toFixed(0);

/** A row's cells as text, accuracies in per cent; speed-ups are the baseline's 1. */
export function studyCells(row: StudyRow): string[] {
  const faster = (figure: Figure) => (isBaseline(row) ? '1' : formatFigure(figure, ratio));
  return [
    row.name,
    String(row.seeds.length),
    formatFigure(row.clean, percent),
    formatFigure(row.pgd, percent),
    formatFigure(row.autoAttack, percent),
    formatFigure(row.seconds, seconds),
    formatFigure(row.passes, millions),
    faster(row.speedup),
    faster(row.speedupPasses),
  ];
}

/** A study's rows for a terminal, plain ASCII. */
export function studyTable(rows: readonly StudyRow[]): string {
  if (rows.length === 0) return 'No row is complete yet.';
  const table = new Table({
    head: HEAD,
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...Array<'right'>(HEAD.length - 1).fill('right')],
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      right: '',
      mid: '',
      'left-mid': '',
      'mid-mid': '',
      'right-mid': '',
      middle: ' ',
    },
  });
  for (const row of rows) table.push(studyCells(row).map((cell) => cell.replace('±', '+-')));
  return table.toString();
}

/** A study's rows as a Markdown table. */
export function studyMarkdown(rows: readonly StudyRow[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = ['---', ...Array<string>(HEAD.length - 1).fill('--:')];
  return [line(HEAD), line(rule), ...rows.map((row) => line(studyCells(row)))].join('\n');
}
