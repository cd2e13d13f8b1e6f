import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type IndexSet, IndexSetSchema } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { Precision } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { RunSchema, RunState, Schedule } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { WeightMeaning } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import type { RunRecord } from '../../../services/report/summary.ts';

type RunInit = Omit<MessageInitShape<typeof RunSchema>, '$typeName' | '$unknown'>;

const TRAIN = 12_000;
const TEST = 2_000;
const KEPT = 3_600;
const EPOCHS = 10;
const WARM_START = 2;
const EVERY = 3;
export const PGD_10 = { epsilon: 0.3, stepSize: 0.075, steps: 10, restarts: 1 };

function spec(name: string, pruned: boolean) {
  return {
    name,
    dataset: { name: 'mnist', trainExamples: TRAIN, testExamples: TEST },
    model: { architecture: 'small-cnn', dropout: 0.5 },
    objective: { kind: ObjectiveKind.TRADES, beta: 6, attack: { epsilon: 0.3, stepSize: 0.1, steps: 5 } },
    optimiser: { learningRate: 0.05, momentum: 0.9, weightDecay: 0, schedule: Schedule.COSINE, warmupUpdates: 50 },
    epochs: EPOCHS,
    batchSize: 128,
    seed: 7n,
    precision: Precision.F32,
    evaluation: { attack: PGD_10, examples: TEST, everyEpochs: 1 },
    ...(pruned && {
      selection: {
        scorer: 'adv-grad-match',
        parameters: { lambda: 0.5, 'atoms-per-round': 8 },
        fraction: 0.3,
        everyEpochs: EVERY,
        warmStartEpochs: WARM_START,
        classFloor: 0.5,
      },
    }),
  };
}

function history(pruned: boolean, total: number) {
  let seconds = 0;
  let updates = 0;
  const epochs = Array.from({ length: EPOCHS }, (_, epoch) => {
    const examples = pruned && epoch >= WARM_START ? KEPT : TRAIN;
    seconds += examples * 0.0034 + (pruned && epoch >= WARM_START && (epoch - WARM_START) % EVERY === 0 ? 6.5 : 0);
    updates += Math.ceil(examples / 128);
    const learned = 1 - Math.exp(-updates / (pruned ? 110 : 180));
    return {
      epoch,
      loss: 2.4 - 2.05 * learned + (pruned && epoch >= WARM_START ? 0.12 : 0),
      trainRobustAccuracy: 0.12 + 0.8 * learned,
      learningRate: 0.025 * (1 + Math.cos((Math.PI * (epoch + 1)) / EPOCHS)),
      examples,
      updates,
      seconds,
      evaluation: {
        cleanAccuracy: 0.2 + (pruned ? 0.771 : 0.782) * learned,
        robustAccuracy: 0.1 + (pruned ? 0.781 : 0.803) * learned,
        attack: PGD_10,
        attackName: 'PGD-10',
        examples: 500,
        seconds: 1.9,
      },
    };
  });
  return epochs.map((epoch) => ({ ...epoch, seconds: (epoch.seconds * total) / seconds }));
}

const ROUNDS = [0, 1, 2].map((round) => ({
  round,
  fromEpoch: WARM_START + round * EVERY,
  kept: KEPT,
  quality: {
    residual: [0.081, 0.064, 0.059][round]!,
    effectiveSampleSize: [2310.4, 2205.8, 2251.1][round]!,
    ...(round > 0 && { overlap: [0, 0.412, 0.538][round]! }),
    keptPerClass: [310, 205, 372, 391, 352, 377, 308, 389, 465, 431].map(
      (kept, c) => kept + ((c * 7 + round * 5) % 9) - 4,
    ),
  },
}));

/** A full and a pruned run differ in what these give; the rest of the message is filled in. */
export function runRecord(changes: RunInit & { name?: string; pruned?: boolean } = {}): RunRecord {
  const { name, pruned = false, ...overrides } = changes;
  const run = create(RunSchema, {
    id: pruned ? 'run-2' : 'run-1',
    spec: spec(name ?? (pruned ? 'adv-grad-match 30%' : 'full'), pruned),
    state: RunState.SUCCEEDED,
    dataset: {
      fingerprint: `${'c0ffee'.repeat(10)}abcd`,
      trainExamples: TRAIN,
      testExamples: TEST,
      classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      height: 28,
      width: 28,
      channels: 1,
    },
    epochsDone: EPOCHS,
    history: history(pruned, pruned ? 193.5 : 408.1),
    rounds: pruned ? ROUNDS : [],
    result: {
      cleanAccuracy: pruned ? 0.971 : 0.982,
      robustAccuracy: pruned ? 0.881 : 0.903,
      attack: PGD_10,
      attackName: 'PGD-10',
      examples: TEST,
      seconds: 7.6,
    },
    cost: pruned
      ? {
          seconds: {
            attack: 129.1,
            update: 44.9,
            scoring: 17.2,
            waiting: 1.4,
            publishing: 0.9,
            evaluation: 26.4,
            total: 193.5,
          },
          passes: { forward: 405_600n, backward: 351_000n },
        }
      : {
          seconds: {
            attack: 304.4,
            update: 103.7,
            scoring: 0,
            waiting: 0,
            publishing: 0,
            evaluation: 26.1,
            total: 408.1,
          },
          passes: { forward: 840_000n, backward: 720_000n },
        },
    checkpoint: { sha256: 'ab12'.repeat(16), sizeBytes: 1_249_000n },
    startedAt: timestampFromDate(new Date('2026-11-20T10:00:00Z')),
    endedAt: timestampFromDate(new Date('2026-11-20T10:07:14Z')),
    device: 'cpu',
    ...overrides,
  });
  return { run, indexSets: pruned ? ROUNDS.map(({ round }) => indexSet(round)) : [] };
}

/** A set of KEPT of TRAIN examples with float32 weights. */
export function indexSet(round: number): IndexSet {
  const indexGaps = Array.from({ length: KEPT }, (_, i) => (i === 0 ? round : 1 + ((i * 5 + round) % 5)));
  return create(IndexSetSchema, {
    runId: 'run-2',
    round,
    datasetFingerprint: `${'c0ffee'.repeat(10)}abcd`,
    datasetExamples: TRAIN,
    checkpointSha256: 'ab12'.repeat(16),
    scorer: 'adv-grad-match',
    scorerVersion: '1',
    seed: 7n,
    attack: { epsilon: 0.3, stepSize: 0.1, steps: 5 },
    fraction: 0.3,
    indexGaps,
    weights: indexGaps.map((_, i) => Math.fround(0.1 * (1 + (i % 40)))),
    weightMeaning: WeightMeaning.NORMALISED_SUM,
    quality: ROUNDS[round]!.quality,
    createdAt: timestampFromDate(new Date('2026-11-20T10:03:00Z')),
  });
}

/** The usual pair: all examples, then 30 % of them. */
export function fullAndPruned(): RunRecord[] {
  return [runRecord(), runRecord({ pruned: true })];
}
