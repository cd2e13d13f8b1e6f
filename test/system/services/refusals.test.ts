import type { MessageInitShape } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScoringClient } from '../../../clients/node/scoring-client.ts';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import type { ScoreDatasetRequestSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { SelectionSpecSchema } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { attack, digits, type SpecInit, smallCnn, type TargetInit, tinySpec, tinyTarget } from './requests.ts';
import { rpcFailure } from './rpc-failure.ts';
import { type Stack, startStack } from './stack.ts';

const INVALID = { code: status.INVALID_ARGUMENT, reason: ErrorReason.INVALID_FIELD };
const UNKNOWN_SCORER = { code: status.NOT_FOUND, reason: ErrorReason.UNKNOWN_SCORER };
const UNKNOWN_DATASET = { code: status.NOT_FOUND, reason: ErrorReason.UNKNOWN_DATASET };
const UNKNOWN_MODEL = { code: status.NOT_FOUND, reason: ErrorReason.UNKNOWN_MODEL };
const UNKNOWN_RUN = { code: status.NOT_FOUND, reason: ErrorReason.UNKNOWN_RUN };
const UNKNOWN_CHECKPOINT = { code: status.NOT_FOUND, reason: ErrorReason.UNKNOWN_CHECKPOINT };
const NO_SUCH_FILE = { sha256: '0'.repeat(64), sizeBytes: 1n };

const TOO_MANY_BYTES = 17 * 1024 * 1024;

let stack: Stack;
let training: TrainingClient;
let scoring: ScoringClient;

beforeAll(async () => {
  stack = await startStack('scoring', 'training');
  training = await stack.training();
  scoring = await stack.scoring();
});

afterAll(() => stack.stop());

const selection = { scorer: 'el2n', fraction: 0.3 };
const optimiser = { learningRate: 0.1, momentum: 0.9, weightDecay: 0 };
const trades = (changes: object) => ({ kind: ObjectiveKind.TRADES, attack, ...changes });
const attacked = (changes: object) => trades({ attack: { ...attack, ...changes } });

type ScoreInit = Omit<MessageInitShape<typeof ScoreDatasetRequestSchema>, '$typeName' | '$unknown'>;
type SelectionInit = MessageInitShape<typeof SelectionSpecSchema>;

interface Expected {
  readonly code: status;
  readonly reason: ErrorReason;
}

type Refusal<Request> = [field: string, request: Request, expected?: Expected];

describe('CreateRun', () => {
  it.each<Refusal<SpecInit>>([
    ['spec.selection.scorer', { selection: { ...selection, scorer: 'no-such' } }, UNKNOWN_SCORER],
    ['spec.dataset.name', { dataset: { name: 'no-such' } }, UNKNOWN_DATASET],
    ['spec.dataset.name', { dataset: { name: '../mnist' } }],
    ['spec.dataset.train_examples', { dataset: { ...digits, trainExamples: 60_001 } }],
    ['spec.dataset.validation_examples', { dataset: { ...digits, validationExamples: 60_000 } }],
    ['spec.dataset.test_examples', { dataset: { ...digits, testExamples: 10_001 } }],
    ['spec.model.architecture', { model: { architecture: 'no-such' } }, UNKNOWN_MODEL],
    ['spec.model.depth', { model: { architecture: 'resnet', depth: 9 } }],
    ['spec.model.width', { model: { architecture: 'small-cnn', width: 4 } }],
    ['spec.model.dropout', { model: { ...smallCnn, dropout: 1 } }],
    ['spec.selection.fraction', { selection: { ...selection, fraction: 0 } }],
    ['spec.selection.fraction', { selection: { ...selection, fraction: 1.5 } }],
    ['spec.selection.fraction', { selection: { ...selection, fraction: Number.NaN } }],
    ['spec.selection.class_floor', { selection: { ...selection, classFloor: -0.1 } }],
    ['spec.selection.max_staleness_epochs', { selection: { ...selection, maxStalenessEpochs: 1 } }],
    ['spec.selection.parameters.lambda', { selection: { ...selection, parameters: { lambda: 1 } } }],
    [
      'spec.selection.parameters.lambda',
      { selection: { ...selection, scorer: 'adv-grad-match', parameters: { lambda: -1 } } },
    ],
    ['spec.selection.attack.epsilon', { selection: { ...selection, attack: { ...attack, epsilon: 2 } } }],
    ['spec.objective.kind', { objective: trades({ kind: ObjectiveKind.UNSPECIFIED }) }],
    ['spec.objective.beta', { objective: trades({ beta: -1 }) }],
    ['spec.objective.lambda', { objective: trades({ lambda: 5 }) }],
    ['spec.objective.attack', { objective: { kind: ObjectiveKind.AT } }],
    ['spec.objective.attack.epsilon', { objective: attacked({ epsilon: -0.1 }) }],
    ['spec.objective.attack.epsilon', { objective: attacked({ epsilon: 8 }) }],
    ['spec.objective.attack.epsilon', { objective: attacked({ epsilon: Number.NaN }) }],
    ['spec.objective.attack.step_size', { objective: attacked({ stepSize: 0 }) }],
    ['spec.objective.attack.steps', { objective: attacked({ steps: 1_001 }) }],
    ['spec.evaluation.attack.restarts', { evaluation: { attack: { ...attack, restarts: 101 } } }],
    ['spec.epochs', { epochs: 0 }],
    ['spec.epochs', { epochs: 10_001 }],
    ['spec.batch_size', { batchSize: 4_097 }],
    ['spec.optimiser.learning_rate', { optimiser: { ...optimiser, learningRate: Number.POSITIVE_INFINITY } }],
    ['spec.optimiser.momentum', { optimiser: { ...optimiser, momentum: 1 } }],
    ['spec.optimiser.weight_decay', { optimiser: { ...optimiser, weightDecay: -1 } }],
    ['spec.name', { name: 'x'.repeat(201) }],
  ])('names %s (%#)', async (field, changes, expected = INVALID) => {
    const failure = await rpcFailure(training.createRun(tinySpec(changes)));
    expect(failure).toMatchObject({ ...expected, fields: [{ field }] });
    expect(failure.message.length).toBeGreaterThan(field.length);
    for await (const _ of training.listRuns()) throw new Error('a refused run was recorded');
  });

  it('says which data sets there are', async () => {
    const { message } = await rpcFailure(training.createRun(tinySpec({ dataset: { name: 'cifar10' } })));
    expect(message).toContain('available are mnist');
    expect(message).not.toContain(stack.dataRoot);
  });
});

describe.each([
  {
    method: 'ScoreDataset',
    call: (changes: TargetInit) => scoring.scoreDataset({ target: tinyTarget(changes), scorer: 'el2n' }),
  },
  {
    method: 'SelectSubset',
    call: (changes: TargetInit) => scoring.selectSubset({ target: tinyTarget(changes), selection }),
  },
])('$method', ({ call }) => {
  it.each<Refusal<TargetInit>>([
    ['target.dataset.name', { dataset: { name: 'no-such' } }, UNKNOWN_DATASET],
    ['target.dataset.name', { dataset: { name: '' } }],
    ['target.dataset.train_examples', { dataset: { ...digits, trainExamples: 60_001 } }],
    ['target.dataset.validation_examples', { dataset: { name: 'mnist', validationExamples: 60_000 } }],
    ['target.model.architecture', { model: { architecture: 'no-such' } }, UNKNOWN_MODEL],
    ['target.model.width', { model: { architecture: 'resnet', width: 0 } }],
    ['target.objective.attack.epsilon', { objective: attacked({ epsilon: 1.1 }) }],
    ['target.objective.attack.steps', { objective: attacked({ steps: 1_001 }) }],
    ['target.checkpoint.sha256', { checkpoint: { sha256: '' } }],
    ['target.checkpoint.sha256', { checkpoint: { sha256: '../*' } }],
  ])('names %s (%#)', async (field, changes, expected = INVALID) => {
    expect(await rpcFailure(call(changes))).toMatchObject({ ...expected, fields: [{ field }] });
  });

  it('refuses a checkpoint that is not there', async () => {
    expect(await rpcFailure(call({ checkpoint: NO_SUCH_FILE }))).toMatchObject(UNKNOWN_CHECKPOINT);
  });
});

it.each<Refusal<ScoreInit>>([
  ['scorer', { scorer: 'no-such' }, UNKNOWN_SCORER],
  ['scorer', { scorer: 'adv-grad-match' }],
  ['parameters.lambda', { scorer: 'el2n', parameters: { lambda: 1 } }],
  ['attack.step_size', { scorer: 'el2n', attack: { ...attack, stepSize: -1 } }],
])('ScoreDataset names %s (%#)', async (field, request, expected = INVALID) => {
  const failure = await rpcFailure(scoring.scoreDataset({ target: tinyTarget(), ...request }));
  expect(failure).toMatchObject({ ...expected, fields: [{ field }] });
});

it.each<Refusal<SelectionInit>>([
  ['selection.scorer', { ...selection, scorer: '' }, UNKNOWN_SCORER],
  ['selection.fraction', { ...selection, fraction: 1.5 }],
  ['selection.class_floor', { ...selection, classFloor: 2 }],
  ['selection.attack.epsilon', { ...selection, attack: { ...attack, epsilon: Number.NaN } }],
])('SelectSubset names %s (%#)', async (field, request, expected = INVALID) => {
  const failure = await rpcFailure(scoring.selectSubset({ target: tinyTarget(), selection: request }));
  expect(failure).toMatchObject({ ...expected, fields: [{ field }] });
});

it.each<Refusal<object>>([
  ['dataset', { dataset: undefined }],
  ['dataset.name', { dataset: { name: 'no-such' } }, UNKNOWN_DATASET],
  ['model.architecture', { model: { architecture: 'no-such' } }, UNKNOWN_MODEL],
  ['checkpoint.sha256', { checkpoint: { sha256: '' } }],
  ['checkpoint.sha256', { checkpoint: { sha256: 'ABC' } }],
  ['attack', { attack: undefined }],
  ['attack.steps', { attack: { ...attack, steps: 1_001 } }],
  ['auto_attack.epsilon', { attack: undefined, autoAttack: { epsilon: 8 } }],
  ['auto_attack.epsilon', { autoAttack: { epsilon: attack.epsilon / 2 } }],
])('EvaluateModel names %s (%#)', async (field, changes, expected = INVALID) => {
  const request = { dataset: digits, model: smallCnn, checkpoint: NO_SUCH_FILE, attack };
  const failure = await rpcFailure(training.evaluateModel({ ...request, ...changes } as typeof request));
  expect(failure).toMatchObject({ ...expected, fields: [{ field }] });
});

it.each([
  ['GetRun', () => training.getRun('no-such'), UNKNOWN_RUN],
  ['CancelRun', () => training.cancelRun(''), UNKNOWN_RUN],
  ['WatchRun', () => training.watchRun('no-such'), UNKNOWN_RUN],
  ['DownloadModel', () => training.downloadModel('no-such'), UNKNOWN_RUN],
  [
    'EvaluateModel',
    () => training.evaluateModel({ dataset: digits, model: smallCnn, checkpoint: NO_SUCH_FILE, attack }),
    UNKNOWN_CHECKPOINT,
  ],
  [
    'GetIndexSet',
    () => scoring.getIndexSet('no-such'),
    { code: status.NOT_FOUND, reason: ErrorReason.UNKNOWN_INDEX_SET },
  ],
  ['GetIndexSet of no run', () => scoring.getIndexSet(''), INVALID],
  ['GetIndexSet of all runs', () => scoring.getIndexSet('*'), INVALID],
  ['WatchIndexSets of all runs', () => scoring.watchIndexSets('>'), INVALID],
])('%s says what it does not find', async (_, call, expected) => {
  const failure = await rpcFailure(call());
  expect(failure).toMatchObject(expected);
  expect(failure.message).not.toBe('');
});

it('refuses messages that are too large', async () => {
  const name = 'x'.repeat(TOO_MANY_BYTES);
  const expected = { code: status.RESOURCE_EXHAUSTED };
  expect(await rpcFailure(training.createRun(tinySpec({ name })))).toMatchObject(expected);
  expect(await rpcFailure(scoring.scoreDataset({ target: tinyTarget(), scorer: name }))).toMatchObject(expected);
});

it('goes on working after all of that', async () => {
  expect((await scoring.listScorers()).length).toBeGreaterThan(0);
  const parts = [];
  for await (const part of scoring.selectSubset({ target: tinyTarget(), selection })) parts.push(part.case);
  expect(parts.at(-1)).toBe('indexSet');
  const faults = [...stack.log('scoring'), ...stack.log('training')].filter(({ msg }) => /internal error/.test(msg));
  expect(faults).toEqual([]);
});
