import { formatAccuracy, formatPoints, formatRatio, formatShare } from '../format.ts';
import { REMARKABLE } from '../result-sentences.ts';
import type { Panel, PanelRow } from './panels.ts';
import { isControl, RANDOM } from './row-key.ts';

/** A panel's result in sentences, and whether a pruned row keeps up with full data; null where that can't be told. */
export interface PanelResult {
  readonly sentences: readonly string[];
  readonly keepsUp: boolean | null;
}

/** What came out of a panel: who keeps up with full data under PGD, how fast, and how the controls do beside that. */
export function panelResult(panel: Panel): PanelResult {
  const { baseline, title } = panel;
  const full = baseline?.row.pgd.mean ?? null;
  if (full === null) return cannotTell(`${title}: full data was not measured, so there is nothing to compare with.`);
  const chance = 1 / Math.max(1, baseline!.cells[0]?.classNames.length ?? 1);
  if (full <= chance && chance < 1) {
    return cannotTell(
      `${title}: full data reaches ${formatAccuracy(full)} under PGD, no more than the same answer to every image ` +
        `(${formatAccuracy(chance)}), so rows can't be told apart.`,
    );
  }
  const pruned = panel.rows.filter(({ row }) => row.fraction < 1 && row.pgdDifference.mean !== null);
  if (pruned.length === 0) return cannotTell(`${title}: no pruned row is measured yet.`);
  const close = pruned.filter(({ row }) => isClose(row.pgdDifference.mean!));
  const first = close.length > 0 ? describeClose(title, close, full) : describeNearest(title, pruned, full);
  return { sentences: [first, ...describeControls(panel), ...describeReferences(panel)], keepsUp: close.length > 0 };
}

const cannotTell = (sentence: string): PanelResult => ({ sentences: [sentence], keepsUp: null });

// Rounded, as 0.446 - 0.441 is a little above 0.005.
const isClose = (difference: number) => Number(difference.toFixed(9)) >= -REMARKABLE;

function describeClose(title: string, close: readonly PanelRow[], full: number): string {
  const [is, fastest] =
    close.length === 1 ? ['is', 'It'] : ['are', `The fastest of them, ${byName(fastestOf(close))},`];
  return (
    `${title}: ${listed(close.map(byName))} ${is} within ${formatPoints(REMARKABLE)} of full data's ` +
    `${formatAccuracy(full)} under PGD, or above it. ${fastest} trains ${speedOf(fastestOf(close))}.`
  );
}

function describeNearest(title: string, pruned: readonly PanelRow[], full: number): string {
  const nearest = pruned.reduce((a, b) => (b.row.pgdDifference.mean! > a.row.pgdDifference.mean! ? b : a));
  return (
    `${title}: no pruned row is within ${formatPoints(REMARKABLE)} of full data's ${formatAccuracy(full)} under PGD. ` +
    `The nearest, ${byName(nearest)}, is ${formatPoints(nearest.row.pgdDifference.mean!)} below and trains ${speedOf(nearest)}.`
  );
}

function fastestOf(rows: readonly PanelRow[]): PanelRow {
  const speed = ({ row }: PanelRow) => row.speedup.mean ?? 0;
  return rows.reduce((a, b) => (speed(b) > speed(a) ? b : a));
}

function speedOf({ row }: PanelRow): string {
  const { speedup, speedupPasses } = row;
  if (speedup.mean === null) return 'at a speed that was not measured';
  const passes = speedupPasses.mean === null ? '' : `, and ${formatRatio(speedupPasses.mean)} by passes`;
  return `${formatRatio(speedup.mean)} as fast as full data by seconds${passes}`;
}

/** How the controls of the same size do beside the best scorer, with its training attack where they were run with it. */
function describeControls({ rows }: Panel): string[] {
  const measured = rows.filter(({ row }) => row.pgd.mean !== null);
  const best = highest(measured.filter(({ row }) => !isControl(row)));
  if (best === undefined) return [];
  const alike = (wanted: (row: PanelRow['row']) => boolean) =>
    measured.find(({ row }) => wanted(row) && row.bullet === best.row.bullet) ??
    measured.find(({ row }) => wanted(row));
  const controls = [alike((row) => row.scorer === RANDOM), alike((row) => row.epochsShare < 1)].filter(
    (row) => row !== undefined,
  );
  const better = highest(controls);
  const reached = `The best scorer, ${byName(best)}, reaches ${under(best)}`;
  if (better === undefined) return [`${reached}; no control of its size was measured.`];
  const beaten = better.row.pgd.mean! >= best.row.pgd.mean! ? ' So no scorer does better than the controls.' : '';
  return [`${reached}; with as many updates, ${controls.map(describeControl).join(' and ')}.${beaten}`];
}

function describeControl(control: PanelRow): string {
  const { scorer, bullet, epochsShare } = control.row;
  const examples = scorer === RANDOM ? 'random examples' : `full data for ${formatShare(epochsShare)} of the epochs`;
  return `${examples}${bullet ? ' with Bullet-Train' : ''} ${under(control)}`;
}

/** Full data with another objective, which may be the cheaper way to as robust a model. */
function describeReferences({ rows, baseline }: Panel): string[] {
  return rows
    .filter(({ row }) => row.objective !== baseline?.row.objective && row.pgd.mean !== null)
    .map((reference) => {
      const [full, own] = [baseline?.row.seconds.mean ?? null, reference.row.seconds.mean];
      const speed = full === null || !own ? '' : `, ${formatRatio(full / own)} as fast as full data here`;
      return `${byName(reference)}: ${under(reference)}${speed}.`;
    });
}

const byName = ({ label }: PanelRow) => label;
const under = ({ row }: PanelRow) => formatAccuracy(row.pgd.mean);

function highest(rows: readonly PanelRow[]): PanelRow | undefined {
  return rows.reduce<PanelRow | undefined>(
    (a, b) => (a === undefined || b.row.pgd.mean! > a.row.pgd.mean! ? b : a),
    undefined,
  );
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
