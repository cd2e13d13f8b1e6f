import { type RandomStream, randomStream } from '../../services/dataset/random.ts';
import { LEASE_MS } from '../../services/platform/bus/streams.ts';

/** Something that happens to one of the processes. */
export interface Fault {
  /** SIGKILL, then a start on the same storage; or SIGSTOP, then SIGCONT. */
  readonly kind: 'kill' | 'pause';
  readonly target: string;
  /** Time since the fault before was over. */
  readonly afterMs: number;
  /** How long the process is gone, or stands still. */
  readonly forMs: number;
}

/** Shares of the faults, in percent. */
const PAUSES = 20;
/** Of the pauses, those that outlast a lease. */
const LONG_PAUSES = 30;

const LONGEST_CALM_MS = 3_000;
const LONGEST_DOWN_MS = 1_500;
const LONGEST_PAUSE_MS = 2_000;
const BEYOND_LEASE_MS = LEASE_MS + 3_000;

function fault(random: RandomStream, targets: readonly string[]): Fault {
  const target = targets[random.below(targets.length)];
  const afterMs = random.below(LONGEST_CALM_MS);
  if (random.below(100) >= PAUSES) return { kind: 'kill', target, afterMs, forMs: random.below(LONGEST_DOWN_MS) };
  const forMs = random.below(100) < LONG_PAUSES ? BEYOND_LEASE_MS : random.below(LONGEST_PAUSE_MS);
  return { kind: 'pause', target, afterMs, forMs };
}

/** A course of faults: a function of its arguments alone. */
export function faultPlan(seed: bigint, count: number, targets: readonly string[]): Fault[] {
  const random = randomStream(seed, 'faults');
  return Array.from({ length: count }, () => fault(random, targets));
}
