import { createHash } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { CheckpointRef } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { type Evaluation, type Run, Split } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { runToEnd } from './follow-run.ts';
import { digits, smallCnn, TEST_EXAMPLES, tinySpec } from './requests.ts';
import { rpcFailure } from './rpc-failure.ts';
import { type Stack, startStack } from './stack.ts';

const EPOCHS = 4;
const HELD_OUT = 80;
/** Weak enough that one epoch of training withstands it. */
const attack = { epsilon: 0.05, stepSize: 0.025, steps: 2 };
/** The rate grows until it undoes in the last epochs what the first one taught. */
const growing = { learningRate: 0.3, momentum: 0.9, weightDecay: 5e-4, warmupUpdates: 24 };

let stack: Stack;
let training: TrainingClient;
let run: Run;

beforeAll(async () => {
  stack = await startStack('training');
  training = await stack.training();
  const spec = tinySpec({
    model: smallCnn,
    dataset: { ...digits, validationExamples: HELD_OUT },
    objective: { kind: ObjectiveKind.AT, attack },
    optimiser: growing,
    epochs: EPOCHS,
    evaluation: { attack, everyEpochs: 1, progressExamples: 60 },
  });
  ({ run } = await runToEnd(training, spec));
});

afterAll(() => stack.stop());

async function evaluate(checkpoint: CheckpointRef): Promise<Evaluation> {
  const { dataset, model, evaluation, seed } = run.spec!;
  const request = { dataset: dataset!, model: model!, checkpoint, attack: evaluation!.attack!, seed };
  for await (const part of training.evaluateModel(request)) if (part.case === 'evaluation') return part.value;
  throw new Error('no evaluation came');
}

it('measures on held-out examples after every epoch, and on test examples at the end', () => {
  expect(run.failure).toBeUndefined();
  expect(run.dataset).toMatchObject({ trainExamples: digits.trainExamples, validationExamples: HELD_OUT });
  expect(run.history.map(({ examples }) => examples)).toEqual(Array(EPOCHS).fill(digits.trainExamples));
  const measured = run.history.map(({ evaluation }) => [evaluation?.split, evaluation?.examples]);
  expect(measured).toEqual(Array(EPOCHS).fill([Split.VALIDATION, 60]));
  expect(run.result).toMatchObject({ split: Split.TEST, examples: TEST_EXAMPLES });
});

it('records the epoch that was most robust on them, the earlier of equals', () => {
  const robust = run.history.map(({ evaluation }) => evaluation!.robustAccuracy);
  const { epoch, validation, result } = run.best!;
  expect(epoch).toBe(robust.indexOf(Math.max(...robust)));
  expect(validation).toEqual(run.history[epoch].evaluation);
  expect(result).toMatchObject({ split: Split.TEST, examples: TEST_EXAMPLES, attack: run.result!.attack });
  expect(epoch).toBeLessThan(EPOCHS - 1);
  expect(result!.cleanAccuracy).toBeGreaterThan(run.result!.cleanAccuracy);
  expect(run.best!.checkpoint!.sha256).not.toBe(run.checkpoint!.sha256);
});

it('gives away both models', async () => {
  for (const [best, checkpoint] of [
    [true, run.best!.checkpoint!],
    [false, run.checkpoint!],
  ] as const) {
    const file = await training.downloadModel(run.id, { best });
    expect(createHash('sha256').update(file).digest('hex')).toBe(checkpoint.sha256);
    expect(BigInt(file.length)).toBe(checkpoint.sizeBytes);
  }
});

it('measures both as EvaluateModel does', async () => {
  for (const [checkpoint, result] of [
    [run.best!.checkpoint!, run.best!.result!],
    [run.checkpoint!, run.result!],
  ] as const) {
    const { cleanAccuracy, robustAccuracy, examples, split } = result;
    expect(await evaluate(checkpoint)).toMatchObject({ cleanAccuracy, robustAccuracy, examples, split });
  }
});

it('books all of it as evaluation', () => {
  const { attack: attacking, update, publishing, total } = run.cost!.seconds!;
  const sum = attacking + update + publishing;
  expect(sum).toBeGreaterThan(0.8 * total);
  expect(sum).toBeLessThan(1.01 * total);
});

it('has no best model without held-out examples, and says what to do', async () => {
  const { run: plain } = await runToEnd(training, tinySpec({ epochs: 1 }));
  expect(plain.best).toBeUndefined();
  const failure = await rpcFailure(training.downloadModel(plain.id, { best: true }));
  expect(failure).toMatchObject({ code: status.FAILED_PRECONDITION, reason: ErrorReason.WRONG_STATE });
  expect(failure.message).toContain('dataset.validation_examples');
});
