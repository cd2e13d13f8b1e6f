import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Run } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { percentile } from './percentile.ts';
import type { SetShape } from './uniform-set.ts';

/** From an index set's publication until training can use it. */
export interface PublishLine {
  readonly bench: 'pipeline';
  readonly what: 'publish';
  readonly examples: number;
  readonly kept: number;
  readonly rounds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Bytes that the publisher sends, headers and all, for each example kept. */
  readonly bytesPerKept: number;
}

/** Where a run's time goes: shares of its wall time, evaluation left out of both. */
export interface OverheadLine {
  readonly bench: 'pipeline';
  readonly what: 'overhead';
  readonly examples: number;
  readonly epochs: number;
  readonly fraction: number;
  /** R: epochs between selections. */
  readonly everyEpochs: number;
  /** Steps of the training attack and of the scoring attack. */
  readonly attackSteps: number;
  readonly scoringSteps: number;
  readonly scorer: string;
  readonly wallSeconds: number;
  readonly attackShare: number;
  readonly updateShare: number;
  readonly scoringShare: number;
  /** Neither attack nor update nor scoring. */
  readonly outsideShare: number;
  /** Neither attack nor update: with scoring. */
  readonly outsideWithScoringShare: number;
  readonly device: string;
  /** Whether training went on while a set was made. */
  readonly scoringOverlaps: boolean;
}

const SHARE_DIGITS = 4;

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The line of some rounds. */
export function publishLine(
  { examples, kept }: Pick<SetShape, 'examples' | 'kept'>,
  rounds: readonly { readonly ms: number; readonly bytes: number }[],
): PublishLine {
  const ms = rounds.map((round) => round.ms);
  const bytes = rounds.reduce((sum, round) => sum + round.bytes, 0);
  return {
    bench: 'pipeline',
    what: 'publish',
    examples,
    kept,
    rounds: rounds.length,
    p50Ms: rounded(percentile(ms, 0.5), 1),
    p99Ms: rounded(percentile(ms, 0.99), 1),
    bytesPerKept: rounded(bytes / rounds.length / kept, 3),
  };
}

/** The line of a pruned run that has ended, from its cost ledger against the clock. */
export function overheadLine(run: Run): OverheadLine {
  const { spec, dataset, cost, startedAt, endedAt, device } = run;
  const { attack, update, scoring, evaluation } = cost!.seconds!;
  const wallSeconds = (timestampMs(endedAt!) - timestampMs(startedAt!)) / 1000 - evaluation;
  const share = (seconds: number) => rounded(seconds / wallSeconds, SHARE_DIGITS);
  const selection = spec!.selection!;
  return {
    bench: 'pipeline',
    what: 'overhead',
    examples: dataset!.trainExamples,
    epochs: spec!.epochs,
    fraction: selection.fraction,
    everyEpochs: selection.everyEpochs,
    attackSteps: spec!.objective!.attack!.steps,
    scoringSteps: selection.attack!.steps,
    scorer: selection.scorer,
    wallSeconds: rounded(wallSeconds, 1),
    attackShare: share(attack),
    updateShare: share(update),
    scoringShare: share(scoring),
    outsideShare: share(wallSeconds - attack - update - scoring),
    outsideWithScoringShare: share(wallSeconds - attack - update),
    device,
    scoringOverlaps: selection.maxStalenessEpochs > 0,
  };
}
