import { emptyPrediction, predict, runnerUp } from './predictions.ts';
import type { ExampleSignals } from './signals.ts';

/** What earlier selection rounds of a run saw of the same N examples under attack. */
export interface SelectionHistory {
  /** N values: 1 where the last round's prediction under attack was right, else 0. */
  readonly correctBefore?: Uint8Array;
  /** N values: forgetting events up to the last round, `NEVER_LEARNED` for an example that was never right. */
  readonly forgettingCounts?: Uint16Array;
}

/** Stands for an example that has never been right, which counts as forgotten without end (Toneva 2019). */
export const NEVER_LEARNED = 0xffff;

/**
 * The history with this round added: an example that was right and now is wrong under attack is forgotten once more.
 * Without counts, one that was wrong before counts as never learned; without any history, each that is wrong now does.
 * The result is what the next round wants. @throws RangeError for a history of other than N examples.
 */
export function extendHistory(signals: ExampleSignals, history: SelectionHistory = {}): Required<SelectionHistory> {
  const { correctBefore, forgettingCounts } = history;
  checkLength('correctBefore', correctBefore, signals.examples);
  checkLength('forgettingCounts', forgettingCounts, signals.examples);
  const correct = correctUnderAttack(signals);
  const counts = Uint16Array.from(correct, (right, i) => {
    const wasRight = correctBefore?.[i] === 1;
    const before = forgettingCounts?.[i] ?? (wasRight ? 0 : NEVER_LEARNED);
    if (right === 1) return before === NEVER_LEARNED ? 0 : before;
    // One below the mark of those never learned is as high as counts go.
    return wasRight && before < NEVER_LEARNED - 1 ? before + 1 : before;
  });
  return { correctBefore: correct, forgettingCounts: counts };
}

/** 1 where the label is the likeliest class under attack, alone; else 0. */
function correctUnderAttack(signals: ExampleSignals): Uint8Array {
  const q = emptyPrediction(signals.classes);
  return Uint8Array.from(signals.labels, (label, i) => {
    predict(signals.adversarialLogits, i, q);
    return q.log[label] > q.log[runnerUp(q, label)] ? 1 : 0;
  });
}

function checkLength(name: string, values: ArrayLike<number> | undefined, examples: number): void {
  if (values !== undefined && values.length !== examples) {
    throw new RangeError(`history.${name}: ${values.length} values for ${examples} examples`);
  }
}
