import { join } from 'node:path';
import { STUDY_FILE, STUDY_PAGE, writeStudy } from '../../../services/report/study/write-study.ts';
import { type StudyResults, studyFolders } from './run-study.ts';

/** Writes a study's page, plots and figures into its folder; gives the paths of page and figures. */
export async function saveStudy(
  output: string,
  { cells, rows, pictures }: StudyResults,
): Promise<{ page: string; figures: string }> {
  const { root } = studyFolders(output);
  await writeStudy(root, rows, cells, pictures);
  return { page: join(root, STUDY_PAGE), figures: join(root, STUDY_FILE) };
}
