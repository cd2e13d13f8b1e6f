import { printable } from './printable.ts';

/** How a run is called in a report: `label` for people, `fileStem` in file names. */
export interface RunLabel {
  label: string;
  fileStem: string;
}

/** Longer names would fill a plot's legend or a table's column. */
const MAX_LABEL = 40;
/** Leaves room for "-round-123.json" below the 255 bytes that file systems allow. */
const MAX_STEM = 60;

/** Labels and file names for runs of these names, in order; each is unique, also on file systems that ignore case. */
export function runLabels(names: readonly string[]): RunLabel[] {
  const labels = new Set<string>();
  const stems = new Set<string>();
  return names.map((name, i) => {
    const label = unique(printable(name, MAX_LABEL) || `run ${i + 1}`, labels, (n) => ` (${n})`);
    const fileStem = unique(safeStem(label) || `run-${i + 1}`, stems, (n) => `-${n}`);
    return { label, fileStem };
  });
}

function safeStem(label: string): string {
  return label
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, MAX_STEM);
}

function unique(wanted: string, taken: Set<string>, suffix: (n: number) => string): string {
  let candidate = wanted;
  for (let n = 2; taken.has(candidate.toLowerCase()); n += 1) candidate = `${wanted}${suffix(n)}`;
  taken.add(candidate.toLowerCase());
  return candidate;
}
