import Table from 'cli-table3';
import { comparisonRows, type RowGroup } from './comparison-rows.ts';
import type { Summary } from './summary-schema.ts';

/** How a table is drawn. */
export interface TableOptions {
  /** Columns of the terminal; its own width where not given, else 100. */
  width?: number | undefined;
  /** Colour and box characters; plain ASCII without. As the terminal supports it where not given. */
  colour?: boolean | undefined;
}

const DEFAULT_WIDTH = 100;
/** Leaves room for a run in 60 columns; row labels are the project's own and shorter, but for a plug-in's attack names. */
const MAX_LABEL_WIDTH = 44;
/** Room for "adv-grad-" and "baseline", with a space at either side. */
const MIN_RUN_WIDTH = 11;
const MAX_RUN_WIDTH = 24;

const ASCII = {
  top: '-',
  'top-mid': '+',
  'top-left': '+',
  'top-right': '+',
  bottom: '-',
  'bottom-mid': '+',
  'bottom-left': '+',
  'bottom-right': '+',
  left: '|',
  right: '|',
  middle: '|',
};

/** The comparison for a terminal: one column per run, in several tables below each other where they don't fit side by side. */
export function comparisonTable(summary: Summary, options: TableOptions = {}): string {
  if (summary.runs.length === 0) return 'No runs to compare.';
  const width = options.width ?? process.stdout.columns ?? DEFAULT_WIDTH;
  const colour = options.colour ?? (process.stdout.isTTY === true && process.stdout.hasColors());
  const groups = comparisonRows(summary);
  const labels = summary.runs.map((run) => run.label);
  const labelWidth = widthOfLabels(groups);
  const perTable = Math.max(1, Math.floor((width - labelWidth - 2) / (MIN_RUN_WIDTH + 1)));
  const tables: string[] = [];
  for (let from = 0; from < labels.length; from += perTable) {
    tables.push(
      drawTable(groups, labels, { from, to: Math.min(from + perTable, labels.length), width, labelWidth, colour }),
    );
  }
  return tables.join('\n\n');
}

interface Layout {
  /** Runs from here .. */
  from: number;
  /** .. to before here. */
  to: number;
  width: number;
  labelWidth: number;
  colour: boolean;
}

function widthOfLabels(groups: readonly RowGroup[]): number {
  const lengths = groups.flatMap(({ title, rows }) => [title.length, ...rows.map((row) => row.label.length + 2)]);
  return Math.min(MAX_LABEL_WIDTH, 2 + Math.max(...lengths));
}

function drawTable(
  groups: readonly RowGroup[],
  labels: readonly string[],
  { from, to, width, labelWidth, colour }: Layout,
): string {
  const shared = Math.floor((width - labelWidth - 2) / (to - from)) - 1;
  const runWidth = Math.min(MAX_RUN_WIDTH, Math.max(MIN_RUN_WIDTH, shared));
  const text = (value: string) => wrappable(colour ? value : value.replace(/[^\x20-\x7e]/g, '?'), runWidth - 2);
  const widths = [labelWidth, ...Array<number>(to - from).fill(runWidth)];
  const table = new Table({
    // Lines between groups are rows of their own: a line below every row would double the table's height.
    chars: { ...(colour ? {} : ASCII), mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: colour ? ['cyan'] : [], border: colour ? ['grey'] : [] },
    head: ['', ...labels.slice(from, to).map(text)],
    colWidths: widths,
    colAligns: ['left', ...Array<'right'>(to - from).fill('right')],
    wordWrap: true,
  });
  const line = colour ? '\u2500' : '-';
  for (const { title, rows } of groups) {
    table.push(widths.map((columns) => line.repeat(columns - 2)));
    table.push([title, ...labels.slice(from, to).map(() => '')]);
    for (const { label, cells } of rows)
      table.push([cut(`  ${label}`, labelWidth - 2), ...cells.slice(from, to).map(text)]);
  }
  return table.toString();
}

/** cli-table3 wraps at spaces only and cuts longer words, so they get one: after a hyphen if there is one, else where the cell ends. */
function wrappable(value: string, width: number): string {
  const words = value.split(' ').flatMap((word) => {
    const parts: string[] = [];
    let rest = [...word];
    while (rest.length > width) {
      const end = rest.lastIndexOf('-', width - 1) + 1 || width;
      parts.push(rest.slice(0, end).join(''));
      rest = rest.slice(end);
    }
    return [...parts, rest.join('')];
  });
  return words.join(' ');
}

function cut(value: string, width: number): string {
  return value.length <= width ? value : `${value.slice(0, width - 2)}..`;
}
