import {
  create,
  type DescMessage,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { IndexSetSchema } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { ScoringService } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { WeightMeaning } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { TrainingService } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import { readIndexSet } from '../../../services/index-set/check-index-set.ts';
import { decodeRequest } from '../../../services/platform/rpc/message-codec.ts';
import { resolveTarget } from '../../../services/scoring/resolve-target.ts';
import { resolveSignalsSetting } from '../../../services/scoring/signals-setting.ts';
import { resolveCheckpoint } from '../../../services/spec/checkpoint.ts';
import { resolveEvaluation } from '../../../services/spec/evaluation.ts';
import { resolveModel } from '../../../services/spec/model.ts';
import { resolveRun } from '../../../services/spec/run.ts';
import { resolveSelection } from '../../../services/spec/selection.ts';
import type { FuzzTarget } from '../target.ts';

const dataset = { name: 'mnist', trainExamples: 1000, testExamples: 100, validationExamples: 50 };
const model = { architecture: 'resnet', depth: 8, width: 8 };
const attack = { epsilon: 0.03, stepSize: 0.007, steps: 10 };
const objective = { kind: ObjectiveKind.TRADES, beta: 6, attack };
const checkpoint = { sha256: 'ab'.repeat(32), sizeBytes: 1000n };
const selection = {
  scorer: 'adv-glister',
  parameters: { eta: 1 },
  fraction: 0.3,
  everyEpochs: 5,
  classFloor: 0.5,
  attack,
};
const target = { dataset, model, checkpoint, objective, seed: 7n };
const optimiser = { learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4 };
const spec = { name: 'a', dataset, model, objective, selection, optimiser, epochs: 10, batchSize: 64, seed: 1n };
const setting = { examples: 4, classes: 2, features: 1, objective, selection, seed: 1n, runId: 'a', round: 0 };
const batch = { firstIndex: 0, labels: [0, 1], adversarialLogits: [1, 2, 3, 4], adversarialFeatures: [1, 2] };

/** Requests by method, with what the service does with them before it looks at its state. */
const samples: Record<string, readonly object[]> = {
  createRun: [{ spec }],
  evaluateModel: [{ dataset, model, checkpoint, attack: { ...attack, restarts: 2 }, seed: 1n, examples: 10 }],
  scoreDataset: [{ target, scorer: 'margin', parameters: {}, attack }],
  selectSubset: [{ target, selection }],
  selectFromSignals: [{ part: { case: 'setting', value: setting } }, { part: { case: 'batch', value: batch } }],
  uploadModel: [
    { part: { case: 'model', value: { model, classes: 10, image: { height: 8, width: 8, channels: 3 } } } },
  ],
  getIndexSet: [{ runId: 'a', round: 1 }],
  explainExamples: [{ runId: 'a', indices: [1, 2, 3] }],
  getExamples: [{ dataset, indices: [1, 2] }],
  listRuns: [{ pageSize: 10, pageToken: 'x' }],
};

// biome-ignore lint/suspicious/noExplicitAny: one table for requests of all types
const checks: Record<string, (request: any) => void> = {
  createRun: ({ spec }) => resolveRun(spec),
  evaluateModel: (request) => {
    resolveEvaluation(request);
    resolveModel(request.model, 'model');
    resolveCheckpoint(request.checkpoint, 'checkpoint');
  },
  scoreDataset: ({ target, attack }) => resolveTarget(target, attack, 'attack'),
  selectSubset: ({ target, selection }) => {
    resolveTarget(target, selection?.attack, 'selection.attack');
    resolveSelection(selection, 'selection');
  },
  selectFromSignals: ({ part }) => part.case === 'setting' && resolveSignalsSetting(part.value),
};

function messageTarget<D extends DescMessage>(
  name: string,
  schema: D,
  inits: readonly object[],
  check: ((request: MessageShape<D>) => void) | undefined,
): FuzzTarget {
  return {
    name,
    share: 1,
    samples: inits.map((init) =>
      toBinary(schema, create(schema, init as MessageInitShape<D>) as Message as MessageShape<D>),
    ),
    decode: (bytes) => {
      const request = decodeRequest(schema, bytes);
      check?.(request);
    },
  };
}

/** Every request message of both services, decoded and checked as the service does. */
export function messageTargets(): FuzzTarget[] {
  return [ScoringService, TrainingService].flatMap((service) =>
    service.methods.map(({ localName, input }) =>
      messageTarget(`request ${input.name}`, input, samples[localName] ?? [{}, { runId: 'a' }], checks[localName]),
    ),
  );
}

/** The index-set codec. */
export function indexSetTarget(): FuzzTarget {
  const common = { runId: 'a', datasetExamples: 100, fraction: 0.3, indexGaps: [0, 1, 5, 2, 40] };
  const weighted = { weights: [1, 0.5, 0, 2, 3], weightMeaning: WeightMeaning.NORMALISED_SUM };
  const inits = [
    { ...common, weightMeaning: WeightMeaning.UNIFORM },
    { ...common, ...weighted },
  ];
  const target = messageTarget('index set', IndexSetSchema, inits, (set) => void readIndexSet(set));
  return { ...target, share: 5 };
}
