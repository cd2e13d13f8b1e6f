import type { CliIo } from '../../../clients/cli/cli-io.ts';
import type { Pair, StepCase } from './cases.ts';
import { threadsOf } from './contestants.ts';
import type { DoneLines } from './done-lines.ts';
import { type ContestantName, Field } from './field.ts';
import { interleave, type Rounds } from './interleave.ts';
import { type StepLine, stepLine } from './step-line.ts';
import { convolutionShare } from './step-profile.ts';

/** More rounds would not move a median that is written with three digits. */
const LIMITS = { least: 2, most: 15 };

/** What to measure, and for how long. */
export interface StepPlan {
  readonly cases: readonly StepCase[];
  readonly pairs: readonly Pair[];
  /** Seconds for the rounds of a case. */
  readonly seconds: number;
  /** What is measured already. */
  readonly done: DoneLines;
}

/** The pairs whose peers are ready. */
async function readyPairs(field: Field, one: StepCase, pairs: readonly Pair[]): Promise<Pair[]> {
  const peers = new Set<ContestantName>();
  for (const peer of new Set(pairs.map((pair) => pair.peer))) {
    if (await field.prepare(peer, one)) peers.add(peer);
  }
  const ready = pairs.filter(({ peer }) => peers.has(peer));
  for (const precision of new Set(ready.map((pair) => pair.precision))) await field.prepare(precision, one);
  return ready;
}

async function measureCase(
  field: Field,
  one: StepCase,
  wanted: readonly Pair[],
  rounds: Rounds,
): Promise<readonly StepLine[]> {
  const pairs = await readyPairs(field, one, wanted);
  const ours = [...new Set(pairs.map(({ precision }) => precision))];
  const names = new Set<ContestantName>([...ours, ...pairs.map(({ peer }) => peer)]);
  const times = await interleave([...names], (name) => field.step(name), rounds);
  const shares = new Map<ContestantName, number>();
  for (const precision of ours) shares.set(precision, convolutionShare(await field.profile(precision)));
  return pairs.map((pair) =>
    stepLine(one, pair, {
      ours: times.get(pair.precision)!,
      theirs: times.get(pair.peer)!,
      convShare: shares.get(pair.precision)!,
    }),
  );
}

/** Measures the cases one after another and tells the lines of each as soon as it is done. */
export async function measureSteps(plan: StepPlan, onLine: (line: StepLine) => void, io: CliIo): Promise<void> {
  const { cases, seconds, done } = plan;
  const field = new Field(io);
  const threads = threadsOf(io.env);
  try {
    for (const [index, one] of cases.entries()) {
      const pairs = plan.pairs.filter((pair) => !done.has(one, pair));
      if (pairs.length === 0) continue;
      io.err(
        `${index + 1} of ${cases.length}: ${one.objective} on ${one.model}, batch ${one.batch}; ${threads} thread(s) each`,
      );
      for (const line of await measureCase(field, one, pairs, { seconds, ...LIMITS })) onLine(line);
    }
  } finally {
    await field.end();
  }
}
