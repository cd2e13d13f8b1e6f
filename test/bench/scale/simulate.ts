import type { Costs, LimitLine, SimulatedRound, SimulationLine } from './scale-line.ts';

/** Largest number of replicas simulated. */
export const MOST_REPLICAS = 256;

/** Twice the replicas for less than this much of the time is not worth them. */
const LEAST_GAIN = 0.1;

/** The model, S shards of n examples in all on R replicas. */
export const MODEL =
  'seconds(R) = max(ceil(S / R) * (n / S * secondsPerExample + overheadSecondsPerShard), ' +
  'n * bytesPerExample / gatherBytesPerSecond) + n * selectSecondsPerExample + publishSeconds';

/** What the model takes for granted. */
export const ASSUMPTIONS: readonly string[] = [
  'every replica is as fast as the one measured, and has a device of its own; the model and the attack are those measured',
  'shards are of one size, and taken one at a time, so the slowest replica has ceil(S / R) of them',
  'the owner gathers while shards are measured; it takes one after the other through one NATS server, at the measured rate',
  'selection is not spread: it is one process, and its cost per example stays as measured (classes are as large)',
  'replicas have the data set and libraries loaded; weights are fetched once and set up for each shard',
  'no replica dies or hangs',
];

/** Seconds of a round on some replicas, and what they are bound by. */
export function roundSeconds(costs: Costs, round: SimulatedRound, replicas: number) {
  const { examples, shards, bytesPerExample } = round;
  const perShard = (examples / shards) * costs.secondsPerExample + costs.overheadSecondsPerShard;
  const measuring = Math.ceil(shards / replicas) * perShard;
  const gathering = (examples * bytesPerExample) / costs.gatherBytesPerSecond;
  const rest = examples * costs.selectSecondsPerExample + costs.publishSeconds;
  return {
    seconds: Math.max(measuring, gathering) + rest,
    boundBy: measuring >= gathering ? ('measuring' as const) : ('gathering' as const),
  };
}

/** Powers of two up to MOST_REPLICAS. */
function replicaCounts(): number[] {
  const counts = [1];
  while (counts.at(-1)! < MOST_REPLICAS) counts.push(2 * counts.at(-1)!);
  return counts;
}

/** The round on 1, 2, 4, ... 256 replicas. */
export function simulate(costs: Costs, round: SimulatedRound): SimulationLine[] {
  const alone = roundSeconds(costs, round, 1).seconds;
  return replicaCounts().map((replicas) => {
    const { seconds, boundBy } = roundSeconds(costs, round, replicas);
    const speedup = alone / seconds;
    return {
      bench: 'scale',
      what: 'simulation',
      replicas,
      seconds: rounded(seconds),
      speedup: rounded(speedup),
      efficiency: rounded(speedup / replicas),
      boundBy,
      ...round,
      ...costs,
    };
  });
}

/** The least number of replicas, of all from 1 on, that twice as many hardly better; MOST_REPLICAS where there is none. */
export function limitOf(costs: Costs, round: SimulatedRound): LimitLine {
  const secondsOf = (replicas: number) => roundSeconds(costs, round, replicas).seconds;
  let stopsPayingAt = 1;
  while (stopsPayingAt < MOST_REPLICAS && secondsOf(2 * stopsPayingAt) < (1 - LEAST_GAIN) * secondsOf(stopsPayingAt)) {
    stopsPayingAt += 1;
  }
  const secondsThere = secondsOf(stopsPayingAt);
  return {
    bench: 'scale',
    what: 'limit',
    stopsPayingAt,
    leastGain: LEAST_GAIN,
    secondsThere: rounded(secondsThere),
    speedupThere: rounded(secondsOf(1) / secondsThere),
    model: MODEL,
    assumptions: ASSUMPTIONS,
  };
}

/** Three digits after the point. */
export function rounded(value: number): number {
  return Number(value.toFixed(3));
}
