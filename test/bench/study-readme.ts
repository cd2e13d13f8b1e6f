import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';
import { drawPlot } from '../../services/report/plots/draw-plots.ts';
import type { Cell } from '../../services/report/study/cell.ts';
import { type Panel, studyPanels } from '../../services/report/study/panels.ts';
import { learningCurvesPlot } from '../../services/report/study/plots/learning-curves.ts';
import { timeRobustPlot } from '../../services/report/study/plots/time-robust.ts';
import type { StudyRow } from '../../services/report/study/study-rows.ts';
import { studySentences } from '../../services/report/study/study-sentences.ts';
import { studyMarkdown } from '../../services/report/study/study-table.ts';

const [BEGIN, END] = ['<!-- study:begin -->', '<!-- study:end -->'];
const README = join(projectPaths().root, 'README.md');
/** Below the project's folder, as the README links to it. */
const PLOTS = 'test/bench/results/study/plots';

interface Study {
  readonly rows: readonly StudyRow[];
  readonly cells: readonly Cell[];
}

/** The README's block of a study: table, two plots of its first comparison, and what came out. */
export function readmeBlock({ rows, cells }: Study): string {
  const panels = studyPanels(rows, cells);
  const plots = plotsOf(panels).map(
    ({ name, title, description }) => `![${title}. ${description}](${PLOTS}/${name}.svg)`,
  );
  const sentences = studySentences(rows, cells, panels);
  return [BEGIN, '', studyMarkdown(rows), '', ...plots, '', sentences.join('\n\n'), '', END].join('\n');
}

/** The block as it stands in the README. */
export function blockInReadme(): string {
  const text = readFileSync(README, 'utf8');
  return text.slice(text.indexOf(BEGIN), text.indexOf(END) + END.length);
}

/** Draws the plots and puts the block into the README. */
export async function updateReadme(study: Study): Promise<void> {
  const folder = join(projectPaths().root, PLOTS);
  mkdirSync(folder, { recursive: true });
  for (const plot of plotsOf(studyPanels(study.rows, study.cells))) {
    const { name, svg } = await drawPlot(plot);
    writeFileSync(join(folder, `${name}.svg`), svg);
  }
  writeFileSync(
    README,
    readFileSync(README, 'utf8').replace(blockInReadme(), () => readmeBlock(study)),
  );
}

function plotsOf(panels: readonly Panel[]) {
  return panels
    .slice(0, 1)
    .flatMap((panel) => [timeRobustPlot(panel), learningCurvesPlot(panel)].filter((plot) => plot !== null));
}
