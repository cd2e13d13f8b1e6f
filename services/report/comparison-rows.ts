import {
  formatAccuracy,
  formatCount,
  formatEpsilon,
  formatRatio,
  formatSeconds,
  formatShare,
  NOT_MEASURED,
} from './format.ts';
import { printable } from './printable.ts';
import { totalPasses } from './speedup.ts';
import type { RunSummary, Summary } from './summary-schema.ts';

/** Rows of the comparison that belong together, with one cell per run in each. */
export interface RowGroup {
  title: string;
  rows: { label: string; cells: string[] }[];
}

/** The comparison of a summary's runs as text, the same for terminal and page. */
export function comparisonRows(summary: Summary): RowGroup[] {
  const { runs, baseline } = summary;
  const row = (label: string, cell: (run: RunSummary) => string) => ({
    label,
    cells: runs.map((run) => printable(cell(run))),
  });
  const ratio = (run: RunSummary, kind: 'seconds' | 'passes') =>
    run.label === baseline ? 'baseline' : formatRatio(run.speedup[kind]);
  return [
    { title: 'Run', rows: runRows(runs, row) },
    { title: 'Accuracy', rows: accuracyRows(runs, row) },
    { title: 'Time', rows: timeRows(row) },
    { title: 'Passes', rows: passRows(row) },
    {
      title: 'Speed-up with scoring',
      rows: [row('by seconds', (run) => ratio(run, 'seconds')), row('by passes', (run) => ratio(run, 'passes'))],
    },
  ];
}

type Row = (label: string, cell: (run: RunSummary) => string) => RowGroup['rows'][number];

function runRows(runs: readonly RunSummary[], row: Row) {
  const rows = [
    row('scorer', (run) => run.scorer),
    row('kept share', (run) => formatShare(run.keptShare)),
    row('epochs', (run) => (run.epochsDone === run.epochs ? `${run.epochs}` : `${run.epochsDone} of ${run.epochs}`)),
    row('examples trained', (run) => formatCount(run.examplesTrained)),
  ];
  return runs.every((run) => run.state === 'succeeded') ? rows : [row('state', (run) => run.state), ...rows];
}

function accuracyRows(runs: readonly RunSummary[], row: Row) {
  const clean = row('clean', (run) => formatAccuracy(run.clean));
  const accuracy = (run: RunSummary) => formatAccuracy(run.robust.accuracy);
  const attacks = new Set(runs.map(nameAttack));
  const robust =
    attacks.size === 1
      ? [row(`robust ${printable([...attacks][0]!)}`, accuracy)]
      : [row('robust', accuracy), row('attack', nameAttack)];
  return [clean, ...robust, ...bestRows(runs, row)];
}

/** The best model on held-out examples beside the last, under the same attack; nothing where no run has one. */
function bestRows(runs: readonly RunSummary[], row: Row) {
  if (runs.every(({ best }) => best === null)) return [];
  return [
    row('best epoch', ({ best }) => (best === null ? NOT_MEASURED : `${best.epoch + 1}`)),
    row('best epoch, clean', ({ best }) => formatAccuracy(best?.clean ?? null)),
    row('best epoch, robust', ({ best }) => formatAccuracy(best?.robust ?? null)),
  ];
}

function nameAttack({ robust }: RunSummary): string {
  return `${robust.attack} eps ${formatEpsilon(robust.epsilon)}`;
}

function timeRows(row: Row) {
  return [
    ...(['attack', 'update', 'scoring', 'waiting', 'publishing', 'total'] as const).map((phase) =>
      row(phase, (run) => formatSeconds(run.seconds[phase])),
    ),
    row('(evaluation, extra)', (run) => formatSeconds(run.seconds.evaluation)),
  ];
}

function passRows(row: Row) {
  return [
    row('forward', (run) => formatCount(run.passes.forward)),
    row('backward', (run) => formatCount(run.passes.backward)),
    row('total', (run) => formatCount(totalPasses(run))),
  ];
}
