import { historySection } from './history-section.ts';
import { type Html, html, trusted } from './html.ts';
import { inlineSvg } from './inline-svg.ts';
import { type PictureGroup, picturesSection } from './page-pictures.ts';
import { PAGE_STYLE } from './page-style.ts';
import { comparisonSection, roundsSection, settingsSection } from './page-tables.ts';
import type { Plot } from './plots/plot.ts';
import { READING_GUIDE } from './reading-guide.ts';
import { resultSentences } from './result-sentences.ts';
import type { RunRecord } from './run-summary.ts';
import { comparedRuns } from './summary.ts';
import type { Summary } from './summary-schema.ts';

/** Nothing but this file is loaded, even if a name should slip through as markup. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

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
  const title = pageTitle(summary);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trusted(PAGE_STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="about">${about(summary)}</p>
</header>
<main>
<div class="result">${resultSentences(summary).map((sentence) => html`<p>${sentence}</p>`)}</div>
${summary.runs.length > 0 && html`<h2>Comparison</h2>${comparisonSection(summary)}`}
${plots.length > 0 && html`<h2>Plots</h2><div class="plots">${plots.map(figure)}</div>`}
${section('Rounds of selection', summary.runs.map(roundsSection))}
${section('Examples', picturesSection(pictures))}
<h2>How to read this</h2>
${READING_GUIDE}
${summary.runs.length > 0 && html`<h2>Settings</h2>${settingsSection(summary)}`}
${versions(summary)}
${section(
  'Measurements by epoch',
  summary.runs.map((run, i) => historySection(records[i]!, run.label)),
)}
</main>
</body>
</html>
`.markup;
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

function figure(plot: Plot): Html {
  return html`<figure><figcaption><strong>${plot.title}</strong> ${plot.caption}</figcaption>
${inlineSvg(plot)}</figure>
`;
}

function section(title: string, parts: readonly (Html | null)[]): Html | null {
  const present = parts.filter((part) => part !== null);
  return present.length === 0 ? null : html`<h2>${title}</h2>${present}`;
}

function versions(summary: Summary): Html | null {
  const entries = Object.entries(summary.versions);
  return entries.length === 0
    ? null
    : html`<p class="about">Made with ${entries.map((entry) => entry.join(' ')).join(', ')}.</p>`;
}
