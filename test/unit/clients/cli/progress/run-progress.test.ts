import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { progressLine } from '../../../../../clients/cli/progress/progress-line.ts';
import { advance, initialProgress } from '../../../../../clients/cli/progress/run-progress.ts';
import type { RunEvent } from '../../../../../clients/node/training-client.ts';
import { RunSchema, RunState } from '../../../../../proto/gen/winnow/v1/run_pb.ts';
import { EpochProgressSchema } from '../../../../../proto/gen/winnow/v1/training_service_pb.ts';

type RunInit = Parameters<typeof create<typeof RunSchema>>[1];
type EpochInit = Parameters<typeof create<typeof EpochProgressSchema>>[1];
const run = (value: RunInit): RunEvent => ({ case: 'run', value: create(RunSchema, value) });
const epoch = (value: EpochInit): RunEvent => ({ case: 'progress', value: create(EpochProgressSchema, value) });
const after = (...events: RunEvent[]) => events.reduce(advance, initialProgress('full', 4));

test('a run that waits for the device is queued', () => {
  const progress = after(run({ state: RunState.QUEUED, spec: { epochs: 4 } }));
  expect(progressLine(progress)).toBe('epoch 1/4  queued          loss -  clean -  robust -  kept 100 %');
});

test('progress within an epoch', () => {
  const progress = after(
    run({ state: RunState.RUNNING, spec: { epochs: 4 }, epochsDone: 1, history: [{ epoch: 0, loss: 2 }] }),
    epoch({ phase: 'train', epoch: 1, done: 50, total: 200, loss: 1.23456, keptShare: 0.3, secondsLeft: 187 }),
  );
  expect(progress.share).toBeCloseTo(1.25 / 4);
  expect(progressLine(progress)).toBe(
    'epoch 2/4  train 25 %      loss 1.235  clean -  robust -  kept 30 %  3 min 07 s left',
  );
});

test('at the end of an epoch the figures are said to be its own', () => {
  const evaluation = { cleanAccuracy: 0.9, robustAccuracy: 0.5 };
  const progress = after(
    epoch({ phase: 'train', epoch: 0, done: 2, total: 2, loss: 2, keptShare: 1 }),
    run({ state: RunState.RUNNING, spec: { epochs: 4 }, epochsDone: 1, history: [{ loss: 1.5, evaluation }] }),
  );
  expect(progressLine(progress)).toBe('epoch 1/4  finished        loss 1.500  clean 90 %  robust 50 %  kept 100 %');
});

test('scoring and evaluation do not pass for training, nor their loss for a loss', () => {
  const progress = after(
    run({ state: RunState.RUNNING, epochsDone: 1, spec: { epochs: 4 }, history: [{ loss: 2 }] }),
    epoch({ phase: 'score', epoch: 1, done: 150, total: 200, loss: 0, keptShare: 1 }),
  );
  expect(progress).toMatchObject({ phase: 'score', phaseShare: 0.75, share: 0.25, loss: 2 });
});

test('the newest measurement stays on view until there is a newer one', () => {
  const evaluation = { cleanAccuracy: 0.912, robustAccuracy: 0.7 };
  const progress = after(
    run({ state: RunState.RUNNING, epochsDone: 2, history: [{ loss: 1, evaluation }, { loss: 0.5 }] }),
    epoch({ phase: 'train', epoch: 2, done: 1, total: 2, loss: 0.4, keptShare: 0.3 }),
    run({ state: RunState.WAITING, epochsDone: 2 }),
  );
  expect(progress).toMatchObject({ clean: 0.912, robust: 0.7, phase: 'score' });
});

test('the share never runs backwards within an epoch', () => {
  const training = epoch({ phase: 'train', epoch: 1, done: 200, total: 200 });
  const evaluating = epoch({ phase: 'evaluate', epoch: 1, done: 0, total: 500 });
  expect(after(training, evaluating).share).toBe(0.5);
});

test('a run that has ended shows its result', () => {
  const ended = run({
    state: RunState.SUCCEEDED,
    spec: { epochs: 4 },
    epochsDone: 4,
    history: [{ loss: 0.25 }],
    rounds: [{ round: 0, kept: 300 }],
    dataset: { trainExamples: 1000 },
    result: { cleanAccuracy: 0.95, robustAccuracy: 0.875 },
  });
  const progress = after(epoch({ phase: 'evaluate', epoch: 3, done: 9, total: 10, secondsLeft: 3 }), ended);
  expect(progress.share).toBe(1);
  expect(progressLine(progress)).toBe('epoch 4/4  done            loss 0.2500  clean 95 %  robust 87.5 %  kept 30 %');
});

test.each([
  [RunState.FAILED, 'failed'],
  [RunState.CANCELLED, 'cancelled'],
])('a run in state %i says so, and where it stopped', (state, word) => {
  expect(progressLine(after(run({ state, spec: { epochs: 4 }, epochsDone: 2 })))).toContain(`epoch 2/4  ${word}`);
});
