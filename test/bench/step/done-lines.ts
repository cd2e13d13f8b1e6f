import type { Pair, StepCase } from './cases.ts';
import type { StepLine } from './step-line.ts';

function keyOf({ model, objective, batch }: StepCase, { precision, peer }: Pair): string {
  return [model, objective, batch, precision, peer].join(' ');
}

/** Which pairs an earlier run of the bench has measured, by what it printed with `--json`. */
export class DoneLines {
  readonly #keys: ReadonlySet<string>;

  constructor(text: string) {
    this.#keys = new Set(text.split('\n').flatMap(readKey));
  }

  has(one: StepCase, pair: Pair): boolean {
    return this.#keys.has(keyOf(one, pair));
  }
}

/** Lines of other benches, of npm, and one that was cut off as a run ended are no lines of this one. */
function readKey(text: string): string[] {
  try {
    const line = JSON.parse(text) as Partial<StepLine>;
    return line.bench === 'step' ? [keyOf(line as StepLine, line as StepLine)] : [];
  } catch {
    return [];
  }
}
