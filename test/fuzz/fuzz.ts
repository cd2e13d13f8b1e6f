import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../services/app-error.ts';
import { mutate, randomOf } from './mutate.ts';
import type { FuzzTarget } from './target.ts';

/** An input that did harm. */
export interface Finding {
  readonly target: string;
  /** Its number, from which with the seed it can be made again. */
  readonly input: number;
  readonly problem: string;
  /** The input, in base64. */
  readonly bytes: string;
}

/** What one run did. */
export interface FuzzOutcome {
  readonly inputs: number;
  /** Inputs that were taken as valid. */
  readonly accepted: number;
  /** Inputs by target. */
  readonly byTarget: Record<string, number>;
  readonly slowestMs: number;
  /** Growth of resident memory over the run. */
  readonly grownMiB: number;
  readonly findings: Finding[];
}

/** How to fuzz. */
export interface FuzzOptions {
  readonly targets: readonly FuzzTarget[];
  readonly inputs: number;
  readonly seed: number;
  /** Number of the first input; 0 where absent. */
  readonly from?: number;
  /** Told of each input before it is tried, so that a hang or a crash can be laid at its door. */
  readonly before?: (target: string, input: number) => void;
}

// A decoder that takes longer for a few kilobytes counts what an attacker wrote, not what is there.
const SLOW_MS = 2_000;
// Fuzzing keeps nothing: what stays is leaked. Allocators keep some.
const MOST_GROWTH_MIB = 512;
const MIB = 1024 * 1024;

/** The target of an input: shares are interleaved, so that a run that is cut short has tried all. */
function chooser(targets: readonly FuzzTarget[]): (at: number) => FuzzTarget {
  const total = targets.reduce((sum, { share }) => sum + share, 0);
  return (at) => {
    let left = at * total;
    for (const target of targets) {
      left -= target.share;
      if (left < 0) return target;
    }
    return targets[targets.length - 1]!;
  };
}

function problemOf(error: unknown): string | undefined {
  if (error instanceof AppError && error.reason !== ErrorReason.INTERNAL) return undefined;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Feeds decoders with inputs that are nearly right. Equal options give equal inputs. */
export async function fuzz({ targets, inputs, seed, from = 0, before }: FuzzOptions): Promise<FuzzOutcome> {
  const choose = chooser(targets);
  const byTarget: Record<string, number> = {};
  const findings: Finding[] = [];
  let [accepted, slowestMs] = [0, 0];
  const startRss = process.memoryUsage.rss();
  for (let input = from; input < from + inputs; input++) {
    const random = randomOf(seed * 0x9e3779b1 + input);
    const target = choose(random());
    const bytes = mutate(target.samples, random);
    before?.(target.name, input);
    const report = (problem: string) =>
      findings.push({ target: target.name, input, problem, bytes: bytes.toString('base64') });
    const started = performance.now();
    try {
      const pending = target.decode(bytes);
      if (pending instanceof Promise) await pending;
      accepted++;
    } catch (error) {
      const problem = problemOf(error);
      if (problem !== undefined) report(problem);
    }
    const ms = performance.now() - started;
    slowestMs = Math.max(slowestMs, ms);
    if (ms > SLOW_MS) report(`took ${Math.round(ms)} ms`);
    byTarget[target.name] = (byTarget[target.name] ?? 0) + 1;
  }
  const grownMiB = (process.memoryUsage.rss() - startRss) / MIB;
  if (grownMiB > MOST_GROWTH_MIB) {
    findings.push({ target: 'all', input: inputs, problem: `memory grew by ${Math.round(grownMiB)} MiB`, bytes: '' });
  }
  return { inputs, accepted, byTarget, slowestMs, grownMiB, findings };
}
