import { formatCount, NOT_MEASURED } from '../format.ts';
import { type Html, type HtmlValue, html } from '../html.ts';
import { table, row as tableRow } from '../page-tables.ts';
import { printable } from '../printable.ts';
import { formatFigure } from './format-figure.ts';
import { isBaseline } from './row-key.ts';
import { rowLabel } from './row-label.ts';
import type { Figure, StudyRow } from './study-rows.ts';

/** The columns, what a row has in each. */
const COLUMNS: readonly (readonly [label: string, read: (row: StudyRow) => string])[] = [
  ['seeds', (row) => String(row.seeds.length)],
  ['clean, %', (row) => formatFigure(row.clean, percent)],
  ['PGD, %', (row) => formatFigure(row.pgd, percent)],
  ['AutoAttack, %', (row) => formatFigure(row.autoAttack, percent)],
  ['PGD to full, points', (row) => (isBaseline(row) ? 'baseline' : difference(row.pgdDifference))],
  ['seconds', (row) => formatFigure(row.seconds, secondsAlike(row.seconds.mean))],
  ['passes', (row) => formatCount(row.passes.mean)],
  ['speed-up', (row) => (isBaseline(row) ? 'baseline' : formatFigure(row.speedup, ratio))],
  ['by passes', (row) => (isBaseline(row) ? 'baseline' : formatFigure(row.speedupPasses, ratio))],
  ['PGD, last epoch, %', (row) => formatFigure(row.lastPgd, percent)],
];

/** The rows as a table, those of one data set and objective below each other; columns without any figure are left out. */
export function rowsSection(rows: readonly StudyRow[]): Html {
  const columns = COLUMNS.filter(([, read]) => rows.some((row) => read(row) !== NOT_MEASURED));
  const groups = new Map<string, StudyRow[]>();
  for (const row of rows) {
    const title = `${printable(row.objective).toUpperCase()} on ${printable(row.dataset)}`;
    groups.set(title, [...(groups.get(title) ?? []), row]);
  }
  const bodies = [...groups].map(
    ([title, members]) => html`<tbody>
<tr><th class="group" scope="rowgroup" colspan="${columns.length + 1}">${title}</th></tr>
${members.map((member) =>
  tableRow(
    headingOf(member),
    columns.map(([, read]) => read(member)),
  ),
)}</tbody>
`,
  );
  const head = ['', ...columns.map(([label]) => label)];
  return table('Rows, means over seeds ± standard deviation', 'numbers wide', head, bodies);
}

/** A long heading breaks before its attack, not within. */
function headingOf(row: StudyRow): HtmlValue {
  const [trainedOn, attack] = rowLabel(row).split(' + ');
  return attack === undefined ? trainedOn : html`${trainedOn} <span class="whole">+ ${attack}</span>`;
}

const percent = (share: number) => (100 * share).toFixed(1);
const ratio = (value: number) => value.toFixed(2);
/** Mean and spread with the same number of decimals; whole seconds unless the mean is small. */
const secondsAlike = (mean: number | null) => (value: number) =>
  value.toFixed(mean !== null && mean < SMALL_SECONDS ? 1 : 0);
const SMALL_SECONDS = 100;

/** With its sign, as a row may be above the baseline. */
function difference({ mean, spread }: Figure): string {
  if (mean === null) return NOT_MEASURED;
  const sign = mean < 0 ? '-' : '+';
  return `${sign}${formatFigure({ mean: Math.abs(mean), spread }, percent)}`;
}
