import { describeAttack } from '../attack-summary.ts';
import { formatEpsilon, NOT_MEASURED } from '../format.ts';
import { type Html, html } from '../html.ts';
import { table, row as tableRow } from '../page-tables.ts';
import { printable } from '../printable.ts';
import { runSettingsRows } from '../run-settings-rows.ts';
import { NO_SPEEDUP } from '../speedup.ts';
import type { Cell } from './cell.ts';
import { rowName } from './row-key.ts';
import { mainEvaluation, type StudyRow } from './study-rows.ts';

/** What tells one run from another, not one row from another; study.json has it for each. */
const OF_ONE_RUN: ReadonlySet<string> = new Set(['run', 'state', 'started', 'ended', 'checkpoint', 'seed']);

/** Everything that decided the figures: once where all rows share it, by row where they differ. */
export function studySettings(rows: readonly StudyRow[], cells: readonly Cell[]): Html {
  const cellsOf = rows.map(({ name }) => cells.filter(({ row }) => rowName(row) === name));
  const settings = settingsOf(cellsOf);
  const shared = settings.filter(({ cells: values }) => new Set(values).size === 1);
  const differing = settings.filter((setting) => !shared.includes(setting));
  const common = shared.map(({ label, cells: values }) => tableRow(label, [values[0]!]));
  const own = rows.map(({ name, seeds }, i) =>
    tableRow(html`<code>${printable(name)}</code>`, [seeds.join(', '), ...differing.map(({ cells: of }) => of[i]!)]),
  );
  const head = ['row', 'seeds', ...differing.map(({ label }) => label)];
  return html`${table('Settings that all rows share', 'settings', ['', 'all rows'], html`<tbody>${common}</tbody>`)}
<details><summary>Settings in which the ${rows.length} rows differ</summary>
${table('Rows and the settings in which they differ', 'settings by-row', head, html`<tbody>${own}</tbody>`)}</details>
`;
}

function settingsOf(rows: readonly (readonly Cell[])[]): { label: string; cells: string[] }[] {
  const runs = rows.map(([first]) => ({ ...first!.run, speedup: NO_SPEEDUP }));
  return [
    ...runSettingsRows(runs)
      .filter(({ label }) => !OF_ONE_RUN.has(label))
      .map((setting) => (setting.label === 'evaluation' ? { ...setting, label: 'evaluation by the run' } : setting)),
    { label: 'PGD of the table', cells: rows.map(describePgd) },
    { label: 'AutoAttack of the table', cells: rows.map(describeAutoAttack) },
    { label: 'model of the table', cells: rows.map(describeModel) },
  ];
}

function describePgd([first]: readonly Cell[]): string {
  const pgd = first && mainEvaluation(first)?.pgd;
  return pgd ? `${describeAttack(pgd)}, on ${pgd.examples} test examples` : NOT_MEASURED;
}

function describeAutoAttack(cells: readonly Cell[]): string {
  const measured = cells.flatMap((cell) => {
    const suite = mainEvaluation(cell)?.autoAttack;
    return suite ? [{ seed: cell.seed, suite }] : [];
  });
  const [first] = measured;
  if (!first) return NOT_MEASURED;
  const seeds = measured.length < cells.length ? `, seeds ${measured.map(({ seed }) => seed).join(', ')}` : '';
  return `eps ${formatEpsilon(first.suite.epsilon)}, on ${first.suite.examples} test examples${seeds}`;
}

function describeModel([first]: readonly Cell[]): string {
  const model = first && mainEvaluation(first)?.model;
  if (!model) return NOT_MEASURED;
  return model === 'best' ? 'the best on held-out examples' : 'the last';
}
