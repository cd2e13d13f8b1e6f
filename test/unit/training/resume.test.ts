import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { AttackPolicyKind } from '../../../proto/gen/winnow/v1/attack_policy_pb.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { CheckpointRefSchema } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { Schedule } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { sha256Hex } from '../../../services/platform/sha256.ts';
import { HandedOver } from '../../../services/training/hand-over.ts';
import type { SelectionAnswer, SelectionFiles, TrainQuestion } from '../../../services/training/run-messages.ts';
import { RunTraining } from '../../../services/training/run-training.ts';
import { createTrainer, disposeTrainer } from '../../../services/training/trainer.ts';
import { decodeTrainingState } from '../../../services/training/training-state.ts';
import { directContext } from '../direct-context.ts';
import { tinyDataset } from '../tiny-dataset.ts';
import { optimiser, type SpecInit, tinySpec } from './tiny-trainer.ts';

const dataset = tinyDataset({ validation: 24 });
const EPOCHS = 4;
const attack = { epsilon: 0.1, stepSize: 0.05, steps: 2 };

/** What a main thread would be asked, answered from memory; scoring keeps other examples for each model. */
class Memory {
  readonly states: Uint8Array[] = [];
  readonly asked: { round: number; files: SelectionFiles }[] = [];
  /** Number of states after which the run is to be handed over. */
  handOverAfter = Number.POSITIVE_INFINITY;
  #handOver: () => void = () => {};

  async answer(question: TrainQuestion): Promise<unknown> {
    switch (question.type) {
      case 'store':
        return create(CheckpointRefSchema, { sha256: sha256Hex(question.checkpoint) });
      case 'prepare':
        return {
          checkpoint: stored(question.checkpoint),
          ...(question.signals && {
            signals: { ...stored(question.signals.file), examples: question.signals.examples },
          }),
        } satisfies SelectionFiles;
      case 'select':
        this.asked.push({ round: question.round, files: question.files });
        return setFor(question.files);
      case 'save':
        this.states.push(question.state);
        if (this.states.length === this.handOverAfter) this.#handOver();
        return undefined;
      case 'hand-over':
        return new Promise<void>((resolve) => {
          this.#handOver = resolve;
        });
    }
  }
}

const corrupt = { reason: ErrorReason.CORRUPT_CHECKPOINT };

const stored = (file: Uint8Array) => ({ sha256: sha256Hex(file), sizeBytes: file.length });

function setFor({ checkpoint, signals }: SelectionFiles): SelectionAnswer {
  const bits = BigInt(`0x${checkpoint.sha256}`) ^ (signals ? BigInt(`0x${signals.sha256}`) : 0n);
  const indices = [...dataset.train.labels.keys()].filter((index) => index < 8 || (bits >> BigInt(index)) & 1n);
  const weights = Float32Array.from(indices, (index) => 0.5 + (index % 3));
  return { subset: { indices: Uint32Array.from(indices), weights }, publishSeconds: 0 };
}

const pruned: SpecInit = {
  model: { architecture: 'resnet', depth: 8, width: 2 },
  objective: { kind: ObjectiveKind.TRADES, attack },
  selection: { scorer: 'adv-grad-match', fraction: 0.5, everyEpochs: 2, reuseTrainingSignals: true },
};

const specs: Record<string, SpecInit> = {
  pruned,
  'pruned after a warm start': {
    ...pruned,
    selection: { scorer: 'adv-grad-match', fraction: 0.5, everyEpochs: 2, warmStartEpochs: 1 },
  },
  'Bullet-Train': {
    attackPolicy: { kind: AttackPolicyKind.BULLET_TRAIN, poolBatches: 2 },
    model: { architecture: 'small-cnn', dropout: 0.3 },
  },
};

function specOf(changes: SpecInit) {
  return tinySpec({
    dataset: { name: 'tiny', validationExamples: 24 },
    optimiser: { ...optimiser, schedule: Schedule.COSINE, warmupUpdates: 5 },
    evaluation: { attack, everyEpochs: 1 },
    epochs: EPOCHS,
    batchSize: 8,
    ...changes,
  });
}

/** Trains to the end, or until it is handed over; from a state where one is given. */
async function train(changes: SpecInit, memory = new Memory(), state?: Uint8Array) {
  const from = state && decodeTrainingState(state);
  const trainer = createTrainer(specOf(changes), dataset, { crop: 1, flip: true, seed: 3n }, from);
  const context = directContext((question) => memory.answer(question as TrainQuestion));
  try {
    const { checkpoint, best, evaluation, run } = await new RunTraining(trainer, context, from).train();
    return {
      model: checkpoint.sha256,
      best: [best?.epoch, best?.checkpoint?.sha256, best?.result?.robustAccuracy],
      robust: evaluation.robustAccuracy,
      rounds: run.rounds,
      history: run.history.map(({ seconds: _, evaluation: measured, ...metrics }) => ({
        ...metrics,
        robust: measured?.robustAccuracy,
      })),
    };
  } finally {
    disposeTrainer(trainer);
  }
}

describe.each(Object.entries(specs))('a %s run', (_name, spec) => {
  test('comes to the same model from each of its states, and from one in the midst of an epoch', async () => {
    const memory = new Memory();
    const whole = await train(spec, memory);
    expect(memory.states).toHaveLength(EPOCHS);
    const left = new Memory();
    left.handOverAfter = 1;
    await expect(train(spec, left)).rejects.toThrow(HandedOver);
    expect(left.states).toHaveLength(2);
    expect(decodeTrainingState(left.states[1])).toMatchObject({ epoch: 1, within: { done: expect.any(Number) } });
    for (const state of [...memory.states.slice(1), left.states[1]]) {
      const again = new Memory();
      expect(await train(spec, again, state)).toEqual(whole);
      for (const { round, files } of again.asked) {
        expect(files).toEqual(memory.asked.find((asked) => asked.round === round)?.files);
      }
    }
  }, 120_000);
});

test('a state of another version or network is refused', async () => {
  const memory = new Memory();
  await train(specs['Bullet-Train'], memory);
  const [file] = memory.states;
  expect(() => decodeTrainingState(file.slice(0, 50))).toThrow(expect.objectContaining(corrupt));
  const renamed = Buffer.from(
    Buffer.from(file).toString('latin1').replace('training-state-1', 'training-state-0'),
    'latin1',
  );
  expect(() => decodeTrainingState(renamed)).toThrow(expect.objectContaining(corrupt));
  const state = decodeTrainingState(file);
  expect(() => createTrainer(specOf(pruned), dataset, undefined, state)).toThrow(expect.objectContaining(corrupt));
}, 60_000);
