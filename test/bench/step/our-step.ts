import { create } from '@bufbuild/protobuf';
import { DatasetFormat } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { Precision } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { type RunSpec, RunSpecSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { type Dataset, type ImageShape, imageSize, type Split } from '../../../services/dataset/dataset.ts';
import { randomStream } from '../../../services/dataset/random.ts';
import { makeAttackPolicy } from '../../../services/numerics/attacks/make-attack-policy.ts';
import type { WorkContext } from '../../../services/platform/thread/serve-work.ts';
import { resolveRun } from '../../../services/spec/run.ts';
import { trainPool } from '../../../services/training/train-pool.ts';
import { createTrainer, type Trainer } from '../../../services/training/trainer.ts';
import { ATTACK_STEPS, type PrecisionName, type StepCase } from './cases.ts';

/** Our side of a case. */
export type OurCase = StepCase & { readonly precision: PrecisionName };

/** The attack of the papers' CIFAR-10 experiments, in pixel units of [0,1]; the peer's is the same (peers/step.py). */
const ATTACK = { epsilon: 8 / 255, stepSize: 2 / 255 };
const CLASSES = 10;
const SEED = 1n;
const COLOUR_IMAGE: ImageShape = { height: 32, width: 32, channels: 3 };
const GREY_IMAGE: ImageShape = { height: 28, width: 28, channels: 1 };

const KINDS = { at: ObjectiveKind.AT, trades: ObjectiveKind.TRADES, mart: ObjectiveKind.MART };

/** How a run asks for a precision. */
const PRECISION_OF: Readonly<Record<PrecisionName, Precision>> = {
  f32: Precision.F32,
  bf16: Precision.BF16,
};

/** The settings of a run whose steps are measured: as the papers', a small rate so that random labels don't diverge. */
export function stepSpec({ model, objective, batch, precision }: OurCase): RunSpec {
  return resolveRun(
    create(RunSpecSchema, {
      name: 'bench',
      dataset: { name: 'bench' },
      // The peer's small-cnn has no dropout.
      model: { architecture: model, ...(model === 'small-cnn' && { dropout: 0 }) },
      objective: { kind: KINDS[objective], attack: { ...ATTACK, steps: ATTACK_STEPS } },
      optimiser: { learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4 },
      epochs: 1,
      batchSize: batch,
      seed: SEED,
      precision: PRECISION_OF[precision],
    }),
  );
}

function randomImages(examples: number, shape: ImageShape): Split {
  const random = randomStream(SEED, 'bench');
  return {
    images: Uint8Array.from({ length: examples * imageSize(shape) }, () => random.below(256)),
    labels: Uint16Array.from({ length: examples }, () => random.below(CLASSES)),
  };
}

function randomDataset(examples: number, shape: ImageShape): Dataset {
  return {
    ...shape,
    name: 'bench',
    format: DatasetFormat.IDX,
    train: randomImages(examples, shape),
    validation: randomImages(0, shape),
    test: randomImages(0, shape),
    classNames: Array.from({ length: CLASSES }, (_, label) => String(label)),
    fingerprint: '',
  };
}

/** A trainer as a run has it, with one batch of random images. The caller frees it with disposeTrainer. */
export function stepTrainer(ours: OurCase): Trainer {
  const shape = ours.model === 'small-cnn' ? GREY_IMAGE : COLOUR_IMAGE;
  return createTrainer(stepSpec(ours), randomDataset(ours.batch, shape), undefined);
}

/** What to do differently in one step. */
export interface StepOptions {
  /** Attack steps; ATTACK_STEPS where absent. */
  readonly steps?: number | undefined;
  /** Told as the attack begins and ends. */
  readonly onPhase?: ((phase: Phase) => void) | undefined;
}

/** The two parts of a step. */
export type Phase = 'attack' | 'update';

/** One attack and one update, on the trainer's one batch, as training does them. */
export async function oneStep(trainer: Trainer, context: WorkContext, options: StepOptions = {}): Promise<void> {
  const { steps = ATTACK_STEPS, onPhase = () => {} } = options;
  const { spec } = trainer;
  const whole = makeAttackPolicy(spec.attackPolicy!, { ...spec.objective!.attack!, steps });
  const attack: typeof whole.attack = (...args) => {
    onPhase('attack');
    const attacked = whole.attack(...args);
    onPhase('update');
    return attacked;
  };
  const indices = Uint32Array.from({ length: spec.batchSize }, (_, index) => index);
  const pool = { indices, epoch: 0, firstBatch: trainer.updates, progressAfter: () => 0 };
  for await (const _ of trainPool({ ...trainer, policy: { ...whole, attack } }, pool, undefined, context));
  trainer.updates += 1;
}
