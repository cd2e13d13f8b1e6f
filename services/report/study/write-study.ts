import { join } from 'node:path';
import type { PictureGroup } from '../page-pictures.ts';
import { writeAtomically } from '../write-atomically.ts';
import { plotFiles } from '../write-report.ts';
import type { Cell } from './cell.ts';
import { studyPanels } from './panels.ts';
import { drawPanelPlots } from './plots/draw-study-plots.ts';
import { studyPage } from './study-page.ts';
import type { StudyRow } from './study-rows.ts';

/**
 * Writes a study into a folder, which is created: plots/, study.json and, last, study.html. Each file appears whole or not
 * at all; other files stay. `rows` are those of `cells`. Gives the paths below the folder with '/', in the order written;
 * throws the file system's errors.
 */
export async function writeStudy(
  folder: string,
  rows: readonly StudyRow[],
  cells: readonly Cell[],
  pictures: readonly PictureGroup[] = [],
): Promise<string[]> {
  const panels = [];
  for (const panel of studyPanels(rows, cells)) panels.push({ panel, plots: await drawPanelPlots(panel) });
  const files = new Map<string, string | Uint8Array>([
    ...panels.flatMap(({ plots }) => plots.flatMap(plotFiles)),
    [STUDY_FILE, `${JSON.stringify({ rows, cells }, null, 1)}\n`],
    [STUDY_PAGE, studyPage(rows, cells, panels, pictures)],
  ]);
  for (const [path, content] of files) await writeAtomically(join(folder, path), content);
  return [...files.keys()];
}

/** The page of a study. */
export const STUDY_PAGE = 'study.html';
/** Rows and cells of a study, for other programs. */
export const STUDY_FILE = 'study.json';
