import { historySection } from './history-section.ts';
import { type Html, html } from './html.ts';
import { pageDocument, plotFigures, section } from './page-document.ts';
import { type PictureGroup, picturesSection } from './page-pictures.ts';
import { comparisonSection, roundsSection, settingsSection } from './page-tables.ts';
import type { Plot } from './plots/plot.ts';
import { READING_GUIDE } from './reading-guide.ts';
import { resultSentences } from './result-sentences.ts';
import type { RunRecord } from './run-summary.ts';
import { comparedRuns } from './summary.ts';
import type { Summary } from './summary-schema.ts';

/**
 * The report as one HTML file without scripts and without anything to load.
 * `records` are those that `summary` was made from, in the same order.
 */
export function reportPage(
  summary: Summary,
  records: readonly RunRecord[],
  plots: readonly Plot[],
  pictures: readonly PictureGroup[] = [],
): string {
  return pageDocument({
    title: pageTitle(summary),
    about: about(summary),
    result: resultSentences(summary),
    sections: html`${summary.runs.length > 0 && html`<h2>Comparison</h2>${comparisonSection(summary)}`}
${plots.length > 0 && html`<h2>Plots</h2>${plotFigures(plots)}`}
${section('Rounds of selection', summary.runs.map(roundsSection))}
${section('Examples', picturesSection(pictures))}
<h2>How to read this</h2>
${READING_GUIDE}
${summary.runs.length > 0 && html`<h2>Settings</h2>${settingsSection(summary)}`}
${versions(summary)}
${section(
  'Measurements by epoch',
  summary.runs.map((run, i) => historySection(records[i]!, run.label)),
)}`,
  });
}

function pageTitle(summary: Summary): string {
  const { baseline, compared } = comparedRuns(summary);
  if (baseline === undefined) return 'Training report';
  return compared === undefined ? `Training report: ${baseline.label}` : `${compared.label} against ${baseline.label}`;
}

function about(summary: Summary): string {
  const run = comparedRuns(summary).baseline;
  if (run === undefined) return '';
  const others = summary.runs.length === 1 ? '1 run' : `${summary.runs.length} runs`;
  return [
    `${run.objective.toUpperCase()} on ${run.dataset}`,
    run.model.architecture,
    `seed ${run.seed}`,
    run.device,
    others,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function versions(summary: Summary): Html | null {
  const entries = Object.entries(summary.versions);
  return entries.length === 0
    ? null
    : html`<p class="about">Made with ${entries.map((entry) => entry.join(' ')).join(', ')}.</p>`;
}
