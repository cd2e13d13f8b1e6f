import { type Html, html } from '../html.ts';
import { pageDocument, plotFigures, section } from '../page-document.ts';
import { type PictureGroup, picturesSection } from '../page-pictures.ts';
import type { Plot } from '../plots/plot.ts';
import { printable } from '../printable.ts';
import type { Cell } from './cell.ts';
import type { Panel } from './panels.ts';
import { rowsSection } from './rows-section.ts';
import { STUDY_GUIDE } from './study-guide.ts';
import { machinesList, warningsList } from './study-notes.ts';
import type { StudyRow } from './study-rows.ts';
import { studySentences } from './study-sentences.ts';
import { studySettings } from './study-settings.ts';

/** A panel with its plots. */
export interface DrawnPanel {
  readonly panel: Panel;
  readonly plots: readonly Plot[];
}

/**
 * A study as one HTML file without scripts and without anything to load; it links to study.json beside it.
 * `rows` and `panels` are those of `cells`.
 */
export function studyPage(
  rows: readonly StudyRow[],
  cells: readonly Cell[],
  panels: readonly DrawnPanel[],
  pictures: readonly PictureGroup[] = [],
): string {
  return pageDocument({
    title: titleOf(rows),
    about: aboutOf(rows, cells),
    result: studySentences(
      rows,
      cells,
      panels.map(({ panel }) => panel),
    ),
    sections: rows.length > 0 && body(rows, cells, panels, pictures),
  });
}

function body(
  rows: readonly StudyRow[],
  cells: readonly Cell[],
  panels: readonly DrawnPanel[],
  pictures: readonly PictureGroup[],
): Html {
  return html`<h2>Results</h2>${rowsSection(rows)}
<p class="about">All figures, run by run: <a href="study.json">study.json</a>.</p>
${section('Signs of masked gradients', [warningsList(cells)])}
${section('Plots', panels.map(panelPlots))}
${section('Examples', picturesSection(pictures))}
<h2>How to read this</h2>
${STUDY_GUIDE}
<h2>Settings</h2>
${studySettings(rows, cells)}
<h2>Machine and versions</h2>
${machinesList(cells)}`;
}

function panelPlots({ panel, plots }: DrawnPanel): Html | null {
  return plots.length === 0 ? null : html`<h3>${panel.title}</h3>${plotFigures(plots)}`;
}

function titleOf(rows: readonly StudyRow[]): string {
  if (rows.length === 0) return 'Study';
  const objectives = distinct(rows.map(({ objective }) => objective.toUpperCase()));
  return `Study: ${objectives} on ${distinct(rows.map(({ dataset }) => dataset))}`;
}

function aboutOf(rows: readonly StudyRow[], cells: readonly Cell[]): string {
  const seeds = distinct(cells.map(({ seed }) => String(seed)));
  return [
    distinct(cells.map(({ run }) => run.model.architecture)),
    `${rows.length} rows`,
    `${cells.length} runs`,
    seeds.includes(',') ? `seeds ${seeds}` : `seed ${seeds}`,
  ]
    .filter((part) => part.trim() !== '')
    .join(' · ');
}

function distinct(names: readonly string[]): string {
  return [...new Set(names.map((name) => printable(name)))].join(', ');
}
