import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type CheckpointRef, CheckpointRefSchema } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { Split } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { Dataset } from '../../../services/dataset/dataset.ts';
import { sha256Hex } from '../../../services/platform/sha256.ts';
import { checkpointFile } from '../../../services/training/checkpoint-file.ts';
import { RunMeasurements } from '../../../services/training/run-measurements.ts';
import { trainEpoch } from '../../../services/training/train-epoch.ts';
import type { Trainer } from '../../../services/training/trainer.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { directContext } from '../direct-context.ts';
import { TINY_CLASSES, tinyDataset } from '../tiny-dataset.ts';
import type { SpecInit } from './tiny-trainer.ts';
import { newTrainer, train } from './training-runs.ts';

const EPOCHS = 4;
const heldOut = tinyDataset({ validation: 36 });
const evaluation = { everyEpochs: 1, progressExamples: 30, examples: 21 };

/** A run's measurements, and a store that keeps what it is given. */
function setUp(changes: SpecInit = {}, dataset: Dataset = heldOut) {
  const trainer = newTrainer({ epochs: EPOCHS, evaluation, ...changes }, dataset);
  const told: [number, number, number][] = [];
  const measurements = new RunMeasurements(trainer, directContext(), (...progress) => told.push(progress));
  const files: Uint8Array[] = [];
  const store = async (file: Uint8Array): Promise<CheckpointRef> => {
    files.push(file);
    return create(CheckpointRefSchema, { sha256: `file ${files.length}` });
  };
  /** What a run does after its last epoch. */
  const finish = async (measured: Awaited<ReturnType<typeof measurements.afterEpoch>>) => {
    const last = { checkpoint: await store(checkpointFile(trainer)), result: await measurements.result(measured!) };
    return { last, best: await measurements.best(last, store) };
  };
  return { trainer, measurements, told, files, finish };
}

/** Gives every weight of a model one value, so that it tells nothing of the images. */
function spoil({ model: { weights } }: Trainer, value = 0.01): void {
  const flat = [...weights.snapshot()].map(
    ([name, { shape, data }]) => [name, { shape, data: data.slice().fill(value) }] as const,
  );
  weights.load(new Map(flat));
}

async function measureAll(measurements: RunMeasurements, before: (epoch: number) => Promise<unknown> | undefined) {
  const measured: Awaited<ReturnType<typeof measurements.afterEpoch>>[] = [];
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    await before(epoch);
    measured.push(await measurements.afterEpoch(epoch));
  }
  return measured;
}

describe('with held-out examples', () => {
  test('the best model is kept, stored at the end, and measured as the last one is', async () => {
    const { trainer, measurements, told, files, finish } = setUp();
    let bestFile: Uint8Array | undefined;
    const measured = await measureAll(measurements, async (epoch) => {
      if (epoch === 1) {
        await train(trainer, 4);
        bestFile = checkpointFile(trainer);
      } else if (epoch === 2) spoil(trainer);
    });
    expect(measured.map((one) => [one?.split, one?.examples])).toEqual(
      Array.from({ length: EPOCHS }, () => [Split.VALIDATION, 30]),
    );
    expect(files).toEqual([]);
    const { last, best } = await finish(measured[EPOCHS - 1]);
    expect(last.result).toMatchObject({ split: Split.TEST, examples: 21 });
    expect(best).toMatchObject({ epoch: 1, validation: measured[1], checkpoint: { sha256: 'file 2' } });
    expect(best?.result).toMatchObject({ split: Split.TEST, examples: 21 });
    expect(best?.result?.cleanAccuracy).toBeGreaterThan(last.result.cleanAccuracy);
    expect(sha256Hex(files[1])).toBe(sha256Hex(bestFile!));
    // the model measured last is the best one
    expect(sha256Hex(checkpointFile(trainer))).toBe(sha256Hex(bestFile!));
    const ends = told.filter(([, done, total]) => done === total);
    expect(ends.map(([epoch]) => epoch)).toEqual([0, 1, 2, 3, 3, 3]);
  });

  test('the last model can be the best, and is then neither stored nor measured twice', async () => {
    const { trainer, measurements, files, finish } = setUp();
    const fresh = trainer.model.weights.snapshot();
    spoil(trainer);
    const measured = await measureAll(measurements, async (epoch) => {
      if (epoch < EPOCHS - 1) return;
      trainer.model.weights.load(fresh);
      await train(trainer, 4);
    });
    const { last, best } = await finish(measured[EPOCHS - 1]);
    expect(best).toMatchObject({ epoch: EPOCHS - 1, validation: measured[EPOCHS - 1] });
    expect(best?.checkpoint).toBe(last.checkpoint);
    expect(best?.result).toBe(last.result);
    expect(files).toHaveLength(1);
  });

  test('and no measurement on the way, the last model is the best', async () => {
    const { measurements, finish } = setUp({ evaluation: { ...evaluation, everyEpochs: 0 } });
    const measured = await measureAll(measurements, () => undefined);
    expect(measured.map((one) => one?.split)).toEqual([undefined, undefined, undefined, Split.VALIDATION]);
    expect((await finish(measured[3])).best).toMatchObject({ epoch: 3 });
  });

  test('all of it is booked as evaluation', async () => {
    const { trainer, measurements, finish } = setUp();
    const { ledger } = trainer;
    const started = performance.now();
    const before = { elapsed: ledger.elapsed, passes: ledger.cost().passes };
    const measured = await measureAll(measurements, async (epoch) => (epoch === 1 ? spoil(trainer) : undefined));
    await finish(measured[EPOCHS - 1]);
    const spent = (performance.now() - started) / 1000;
    expect(ledger.secondsOf('evaluation')).toBeGreaterThan(0.5 * spent);
    expect(ledger.elapsed - before.elapsed).toBeLessThan(0.5 * spent);
    expect(ledger.cost().passes).toEqual(before.passes);
  });

  test('those measured have the shares of the classes, in whatever order they come', async () => {
    const { images, labels } = heldOut.validation;
    const size = images.length / labels.length;
    const byClass = [...labels.keys()].sort((a, b) => labels[a] - labels[b] || a - b);
    const validation = {
      labels: Uint16Array.from(byClass, (index) => labels[index]),
      images: Uint8Array.from(byClass.flatMap((index) => [...images.subarray(index * size, (index + 1) * size)])),
    };
    const few = { evaluation: { ...evaluation, progressExamples: 3 } };
    const { trainer, measurements } = setUp(few, { ...heldOut, validation });
    // a model that takes everything for the first class
    spoil(trainer, 0);
    const snapshot = trainer.model.weights.snapshot();
    const [, bias] = [...snapshot].findLast(([name]) => name.endsWith('bias'))!;
    bias.data.set([1, 0, 0]);
    trainer.model.weights.load(snapshot);
    const measured = await measurements.afterEpoch(0);
    expect(measured).toMatchObject({ examples: 3, cleanAccuracy: 1 / TINY_CLASSES.length });
  });

  test('a best model that has left the finite numbers ends the run', async () => {
    const { trainer, measurements } = setUp();
    spoil(trainer, Number.NaN);
    await expectAppError(measurements.afterEpoch(0), ErrorReason.DIVERGED);
  });
});

test('without held-out examples, test examples serve throughout, and there is no best model', async () => {
  const { trainer, measurements, files, finish } = setUp(
    { evaluation: { ...evaluation, everyEpochs: 2 } },
    tinyDataset(),
  );
  const measured = await measureAll(measurements, (epoch) =>
    trainEpoch(trainer, epoch, undefined, directContext(), () => {}),
  );
  expect(measured.map((one) => [one?.split, one?.examples])).toEqual([
    [undefined, undefined],
    [Split.TEST, 24],
    [undefined, undefined],
    [Split.TEST, 21],
  ]);
  const { last, best } = await finish(measured[3]);
  expect(last.result).toBe(measured[3]);
  expect(best).toBeUndefined();
  expect(files).toHaveLength(1);
});
