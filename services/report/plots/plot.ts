import type { TopLevelSpec } from 'vega-lite';
import type { RunRecord } from '../run-summary.ts';
import type { RunSummary, Summary } from '../summary-schema.ts';
import { SERIES } from './theme.ts';

/** A plot before it is drawn. */
export interface PlotSpec {
  /** File name without its ending; letters, digits, '.', '_' and '-' only. */
  name: string;
  title: string;
  /** How to read it; empty where the title says it all. */
  caption: string;
  /** What it shows, in words, for those who can't see it. */
  description: string;
  /** A vega-lite specification with its data inline; nothing in it is fetched. */
  spec: TopLevelSpec;
}

/** A plot that was drawn. */
export interface Plot extends Omit<PlotSpec, 'spec'> {
  /** An SVG document on white. */
  svg: string;
  /** The same as PNG at twice the size; null where the machine has no fonts to write its text with. */
  png: Uint8Array | null;
}

/** A run's record with its line of the summary. */
export interface PlottedRun {
  record: RunRecord;
  summary: RunSummary;
}

/** Pairs a summary's runs with the records it was made from, in the same order. */
export function pairRuns(summary: Summary, records: readonly RunRecord[]): PlottedRun[] {
  return summary.runs.map((run, i) => ({ record: records[i]!, summary: run }));
}

/** The colour scale by run label, so that a run keeps its colour in every plot. */
export function runColours(runs: readonly PlottedRun[]): { domain: string[]; range: string[] } {
  return {
    domain: runs.map((run) => run.summary.label),
    range: runs.map((_, i) => SERIES[i % SERIES.length]!),
  };
}
