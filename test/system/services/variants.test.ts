import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import { DatasetFormat } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { writeImageFolder } from '../../unit/dataset/fixtures/image-files.ts';
import { MNIST_SHAPE, mnistDigits } from '../../unit/dataset/fixtures/mnist.ts';
import { type FollowedRun, runToEnd } from './follow-run.ts';
import { EXAMPLES, tinySpec } from './requests.ts';
import { type Stack, startStack } from './stack.ts';

let stack: Stack;
let training: TrainingClient;

beforeAll(async () => {
  stack = await startStack('scoring', 'training');
  training = await stack.training();
});

afterAll(() => stack.stop());

/** The state that a watcher knew of at each piece of news about an epoch's training. */
function statesWhileTraining({ events }: FollowedRun): Set<RunState> {
  const states = new Set<RunState>();
  let state: RunState = RunState.UNSPECIFIED;
  for (const event of events) {
    if (event.case === 'run') state = event.value.state;
    else if (event.value.phase === 'train') states.add(state);
  }
  return states;
}

it('goes on with the old set while the next is made, for as many epochs as it may', async () => {
  const selection = {
    scorer: 'adv-grad-match',
    fraction: 0.3,
    warmStartEpochs: 1,
    everyEpochs: 2,
    maxStalenessEpochs: 1,
  };
  const followed = await runToEnd(training, tinySpec({ epochs: 5, selection }));
  const { run } = followed;
  expect(run.failure).toBeUndefined();
  // Asked for before epochs 1 and 3, and so in use one epoch later.
  expect(run.rounds.map(({ round, fromEpoch }) => ({ round, fromEpoch }))).toEqual([
    { round: 0, fromEpoch: 2 },
    { round: 1, fromEpoch: 4 },
  ]);
  expect(run.history.map(({ examples }) => examples)).toEqual([EXAMPLES, EXAMPLES, 90, 90, 90]);
  expect(statesWhileTraining(followed)).toEqual(new Set([RunState.RUNNING]));
});

it('scores only what training has not seen, where the signals of training are reused', async () => {
  const selection = { scorer: 'adv-grad-match', fraction: 0.3, warmStartEpochs: 1, everyEpochs: 1 };
  const passesOf = async (reuseTrainingSignals: boolean) => {
    const { run } = await runToEnd(
      training,
      tinySpec({ epochs: 3, augment: false, selection: { ...selection, reuseTrainingSignals } }),
    );
    expect(run.failure).toBeUndefined();
    expect(run.rounds.map(({ kept }) => kept)).toEqual([90, 90]);
    return Number(run.cost!.passes!.forward);
  };
  const [scored, reused] = [await passesOf(false), await passesOf(true)];
  // Of the first round's examples training has seen all, of the second's the 90 that were kept.
  const perExample = (scored - reused) / (EXAMPLES + 90);
  const steps = tinySpec({}).objective!.attack!.steps!;
  // A clean pass, the attack's steps and a pass of the attacked image.
  expect(perExample).toBe(steps + 2);
});

it('trains on changed images where augmentation is asked for', async () => {
  const [plain, augmented] = [
    await runToEnd(training, tinySpec({ epochs: 1, augment: false })),
    await runToEnd(training, tinySpec({ epochs: 1, augment: true })),
  ];
  expect(augmented.run.failure).toBeUndefined();
  expect(augmented.run.history[0].loss).not.toBe(plain.run.history[0].loss);
  // Digits are left as they are unless a run says otherwise.
  const { run } = await runToEnd(training, tinySpec({ epochs: 1 }));
  expect(run.history[0].loss).toBe(plain.run.history[0].loss);
});

it('trains on a folder of images per class', async () => {
  const names = Array.from({ length: 10 }, (_, digit) => `digit-${digit}`);
  await writeImageFolder(join(stack.dataRoot, 'folder/train'), mnistDigits(0, 120), MNIST_SHAPE, names);
  await writeImageFolder(join(stack.dataRoot, 'folder/test'), mnistDigits(200, 60), MNIST_SHAPE, names);
  const selection = { scorer: 'adv-grad-match', fraction: 0.25 };
  const { run } = await runToEnd(training, tinySpec({ epochs: 1, dataset: { name: 'folder' }, selection }));
  expect(run.failure).toBeUndefined();
  expect(run.dataset).toMatchObject({ trainExamples: 120, testExamples: 60, classNames: names, ...MNIST_SHAPE });
  expect(run.rounds[0].kept).toBe(30);
  expect(run.result!.examples).toBe(60);

  const named = { name: 'folder', format: DatasetFormat.IMAGE_FOLDER };
  const again = await runToEnd(training, tinySpec({ epochs: 1, dataset: named, selection }));
  expect(again.run.dataset!.fingerprint).toBe(run.dataset!.fingerprint);
  expect(again.run.checkpoint).toEqual(run.checkpoint);
});
