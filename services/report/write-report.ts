import { join } from 'node:path';
import { indexSetFile } from './index-set-file.ts';
import { reportPage } from './page.ts';
import type { PictureGroup } from './page-pictures.ts';
import { drawPlots } from './plots/draw-plots.ts';
import type { Plot } from './plots/plot.ts';
import type { RunRecord } from './run-summary.ts';
import { type SummaryOptions, summarise } from './summary.ts';
import type { Summary } from './summary-schema.ts';
import { writeAtomically } from './write-atomically.ts';

/** What to compare with, and what else to show. */
export interface ReportOptions extends SummaryOptions {
  pictures?: readonly PictureGroup[] | undefined;
}

/** What was written: paths below the folder with '/', in the order written, and the summary. */
export interface WrittenReport {
  files: string[];
  summary: Summary;
}

/**
 * Writes a report of runs into a folder, which is created: index-sets/, plots/, summary.json and, last, report.html.
 * Each file appears whole or not at all; files of an earlier report with other names stay.
 * Throws INVALID_FIELD for an unknown baseline, before anything is written, and the file system's errors.
 */
export async function writeReport(
  folder: string,
  records: readonly RunRecord[],
  options: ReportOptions = {},
): Promise<WrittenReport> {
  const summary = summarise(records, options);
  const plots = await drawPlots(summary, records);
  const files = new Map<string, string | Uint8Array>([
    ...indexSetFiles(summary, records),
    ...plots.flatMap(plotFiles),
    ['summary.json', `${JSON.stringify(summary, null, 2)}\n`],
    ['report.html', reportPage(summary, records, plots, options.pictures)],
  ]);
  for (const [path, content] of files) await writeAtomically(join(folder, path), content);
  return { files: [...files.keys()], summary };
}

function indexSetFiles(summary: Summary, records: readonly RunRecord[]): [string, string][] {
  return summary.runs.flatMap((run, i) =>
    run.indexSets.flatMap((round): [string, string][] => {
      // A round that was made twice counts as it was made last.
      const set = records[i]!.indexSets.findLast((candidate) => candidate.round === round.round);
      return set === undefined || round.file === null ? [] : [[round.file, indexSetFile(set, run, round)]];
    }),
  );
}

/** The files of a plot, by path. */
export function plotFiles({ name, svg, png }: Plot): [string, string | Uint8Array][] {
  const drawn: [string, string | Uint8Array][] = [[`plots/${name}.svg`, svg]];
  return png === null ? drawn : [...drawn, [`plots/${name}.png`, png]];
}
