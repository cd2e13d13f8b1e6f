import { type EpochMetrics, Split } from '../../proto/gen/winnow/v1/run_pb.ts';
import { finiteOrNull, formatAccuracy, formatNumber, formatSeconds } from './format.ts';
import { type Html, html } from './html.ts';
import { row, table } from './page-tables.ts';
import type { RunRecord } from './run-summary.ts';

const TRAINING = ['epoch', 'loss', 'train robust'];
const MEASURED = ['clean', 'robust'];
const COURSE = ['learning rate', 'examples', 'updates', 'time'];

/** What each epoch of a run gave, as numbers behind the plots; null for a run without a finished epoch. */
export function historySection({ run }: RunRecord, label: string): Html | null {
  if (run.history.length === 0) return null;
  const heldOut = run.history.some(({ evaluation }) => evaluation?.split === Split.VALIDATION);
  const head = [...TRAINING, ...MEASURED.map((name) => (heldOut ? `held-out ${name}` : name)), ...COURSE];
  const body = html`<tbody>${run.history.map(epochRow)}</tbody>`;
  return html`<details><summary>${label}: ${run.history.length} epochs</summary>
${table(`Measurements by epoch: ${label}`, 'numbers', head, body)}</details>
`;
}

function epochRow(epoch: EpochMetrics): Html {
  return row(epoch.epoch + 1, [
    formatNumber(finiteOrNull(epoch.loss), 4),
    formatAccuracy(finiteOrNull(epoch.trainRobustAccuracy)),
    formatAccuracy(finiteOrNull(epoch.evaluation?.cleanAccuracy)),
    formatAccuracy(finiteOrNull(epoch.evaluation?.robustAccuracy)),
    formatNumber(finiteOrNull(epoch.learningRate), 3),
    epoch.examples,
    epoch.updates,
    formatSeconds(finiteOrNull(epoch.seconds)),
  ]);
}
