import { type Html, html } from '../html.ts';
import { printable } from '../printable.ts';
import type { Cell } from './cell.ts';
import { rowName } from './row-key.ts';

/** Signs of masked gradients that evaluations gave, with the models they are of; null without any. */
export function warningsList(cells: readonly Cell[]): Html | null {
  const found = new Map<string, string[]>();
  for (const { row, seed, evaluations } of cells) {
    for (const { model, warnings } of evaluations) {
      for (const warning of warnings) {
        found.set(warning, [...(found.get(warning) ?? []), `${rowName(row)}, seed ${seed}, ${model} model`]);
      }
    }
  }
  if (found.size === 0) return null;
  return html`<p>Where gradients are masked, attacks fail for their own reasons and accuracies are too high. Take these rows'
with care:</p>
<ul>${[...found].map(([warning, models]) => html`<li>${printable(warning)} (${printable(models.join('; '))})</li>`)}</ul>
`;
}

/** The machines and versions that a study was made with; seconds compare on one machine only. */
export function machinesList(cells: readonly Cell[]): Html {
  const machines = counted(
    cells.map(({ machine, run }) => entries({ ...machine, ...(run.device && { device: run.device }) })),
  );
  const versions = counted(cells.map((cell) => entries(cell.versions)));
  const several = machines.length > 1 && html`<p>Runs were made on several machines: compare passes, not seconds.</p>`;
  return html`${several}<ul>${machines.map((machine) => html`<li>${machine}</li>`)}</ul>
${versions.length > 0 && html`<p class="about">Made with ${versions.join('; ')}.</p>`}`;
}

function entries(named: Readonly<Record<string, string>>): string {
  return Object.entries(named)
    .map((entry) => printable(entry.join(' ')))
    .join(', ');
}

/** Each text once, with how many runs it is of where there are several texts. */
function counted(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts.filter((known) => known !== '')) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, runs]) => (counts.size === 1 ? text : `${text} (${runs} runs)`));
}
