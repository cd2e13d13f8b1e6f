import { formatShare } from '../format.ts';
import { printable } from '../printable.ts';
import { runLabels } from '../run-labels.ts';
import type { Cell } from './cell.ts';
import { FULL, isBaseline, type RowKey, rowName } from './row-key.ts';
import { rowColours, rowLabel, seriesOf } from './row-label.ts';
import type { StudyRow } from './study-rows.ts';

/** A row of a panel. */
export interface PanelRow {
  readonly row: StudyRow;
  /** One per seed, in the order given. */
  readonly cells: readonly Cell[];
  /** Unique within the panel, which says the rest: "adv-grad-match + Bullet-Train". */
  readonly label: string;
  /** What training saw, the same with and without Bullet-Train. */
  readonly series: string;
  readonly colour: string;
}

/** Rows that are compared with each other: one data set, one objective, one share kept, and the full data beside it. */
export interface Panel {
  /** "TRADES on cifar10, 30 % kept". */
  readonly title: string;
  /** Safe in file names, and unique. */
  readonly fileStem: string;
  readonly rows: readonly PanelRow[];
  readonly baseline: PanelRow | undefined;
}

interface Group {
  readonly dataset: string;
  readonly objective: string;
  /** Share kept; 1 where only full data was trained on. */
  readonly fraction: number;
}

/**
 * A study's panels in the order of their first rows. An objective of which there is full data only, beside others that have
 * more, is no panel but a row of all others of its data set.
 */
export function studyPanels(rows: readonly StudyRow[], cells: readonly Cell[]): Panel[] {
  const references = referencesIn(rows);
  const known = rows.map((row) => ({ row, key: references.has(row) ? referenceKey(row) : row }));
  const colourOf = rowColours(known.map(({ key }) => key));
  const groups = groupsOf(rows.filter((row) => !references.has(row)));
  const stems = runLabels(groups.map(({ dataset, objective, fraction }) => `${dataset}-${objective}-${fraction}`));
  return groups.map((group, i) => {
    const panelRows = known
      .filter(({ row }) => (references.has(row) ? row.dataset === group.dataset : belongs(row, group)))
      .map(({ row, key }) => ({
        row,
        cells: cells.filter((cell) => rowName(cell.row) === row.name),
        label: rowLabel(key, { fraction: false }),
        series: seriesOf(key),
        colour: colourOf(key),
      }));
    const baseline = panelRows.find(({ row }) => isBaseline(row) && row.objective === group.objective);
    return { title: titleOf(group), fileStem: stems[i]!.fileStem, rows: panelRows, baseline };
  });
}

/** Baselines of objectives without any other row, where the data set has more of another objective. */
function referencesIn(rows: readonly StudyRow[]): ReadonlySet<StudyRow> {
  const more = rows.filter((row) => !isBaseline(row));
  return new Set(
    rows.filter(
      (row) => !more.some((other) => sameObjective(other, row)) && more.some(({ dataset }) => dataset === row.dataset),
    ),
  );
}

/** What tells a reference from the panel's own full data: its objective, in the scorer's place. */
function referenceKey(row: StudyRow): RowKey {
  return { ...row, scorer: `${row.objective.toUpperCase()}, ${row.scorer}` };
}

function groupsOf(rows: readonly StudyRow[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    // Full data alone makes a panel only where nothing of its objective is pruned.
    if (isFull(row) && rows.some((other) => !isFull(other) && sameObjective(other, row))) continue;
    const { dataset, objective } = row;
    const group = { dataset, objective, fraction: shareOf(row) };
    groups.set(JSON.stringify(group), group);
  }
  return [...groups.values()];
}

const isFull = ({ scorer, epochsShare }: StudyRow) => scorer === FULL && epochsShare === 1;

/** The share of the examples, or of the epochs, that a row trains on. */
const shareOf = ({ fraction, epochsShare }: StudyRow) => (epochsShare < 1 ? epochsShare : fraction);

const sameObjective = (a: Omit<Group, 'fraction'>, b: Omit<Group, 'fraction'>) =>
  a.dataset === b.dataset && a.objective === b.objective;

function belongs(row: StudyRow, group: Group): boolean {
  return sameObjective(row, group) && (isFull(row) || shareOf(row) === group.fraction);
}

function titleOf({ dataset, objective, fraction }: Group): string {
  const kept = fraction < 1 ? `, ${formatShare(fraction)} kept` : '';
  return `${printable(objective).toUpperCase()} on ${printable(dataset)}${kept}`;
}
