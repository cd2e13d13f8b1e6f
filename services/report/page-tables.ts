import { comparisonRows } from './comparison-rows.ts';
import { formatCount, formatNumber, formatShare } from './format.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import { printable } from './printable.ts';
import { runSettingsRows } from './run-settings-rows.ts';
import type { RunSummary, Summary } from './summary-schema.ts';

/** The comparison of runs, one column each. */
export function comparisonSection(summary: Summary): Html {
  const columns = summary.runs.length + 1;
  const bodies = comparisonRows(summary).map(
    ({ title, rows }) => html`<tbody>
<tr><th class="group" scope="rowgroup" colspan="${columns}">${title}</th></tr>
${rows.map(({ label, cells }) => row(label, cells))}</tbody>
`,
  );
  return table('Comparison of the runs', 'numbers', ['', ...summary.runs.map((run) => run.label)], bodies);
}

/** Everything that decided the runs' results, exact. */
export function settingsSection({ runs }: Summary): Html {
  const rows = runSettingsRows(runs).map(({ label, cells }) => row(label, cells));
  return table('Settings of each run', 'settings', ['', ...runs.map((run) => run.label)], html`<tbody>${rows}</tbody>`);
}

/** The rounds of selection of one run with links to their indices; null for a run without any. */
export function roundsSection(run: RunSummary): Html | null {
  if (run.indexSets.length === 0) return null;
  const head = ['round', 'from epoch', 'kept', 'share', 'residual', 'effective sample size', 'overlap', 'indices'];
  const rows = run.indexSets.map((set) =>
    row(set.round, [
      set.fromEpoch === null ? 'not applied' : set.fromEpoch + 1,
      set.fallback === undefined ? set.kept : `${set.kept} (${printable(set.fallback)})`,
      formatShare(run.trainExamples ? set.kept / run.trainExamples : null),
      formatNumber(set.residual, 3),
      formatCount(set.effectiveSampleSize),
      formatShare(set.overlap),
      set.file === null ? '-' : html`<a href="${set.file}">JSON</a>`,
    ]),
  );
  return table(`Rounds of selection: ${run.label}`, 'numbers', head, html`<tbody>${rows}</tbody>`);
}

/** A table that scrolls by itself where the page is too narrow; the keyboard reaches it. */
export function table(caption: string, kind: string, head: readonly string[], bodies: HtmlValue): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table class="${kind}">
<caption>${caption}</caption>
<thead><tr>${head.map((cell) => (cell === '' ? html`<td></td>` : html`<th scope="col">${cell}</th>`))}</tr></thead>
${bodies}</table></div>
`;
}

/** A row with its heading. */
export function row(label: HtmlValue, cells: readonly HtmlValue[]): Html {
  return html`<tr><th scope="row">${label}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`;
}
