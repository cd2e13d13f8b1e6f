import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import type { CliIo } from '../../clients/cli/cli-io.ts';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';
import { plannedCells } from '../../clients/cli/study/cells.ts';
import { readPlan } from '../../clients/cli/study/plan.ts';
import { type AttackSpec, AttackSpecSchema } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { augmentationFor } from '../../services/dataset/augment.ts';
import { type Dataset, splitSize } from '../../services/dataset/dataset.ts';
import { loadDataset } from '../../services/dataset/load.ts';
import { randomStream } from '../../services/dataset/random.ts';
import { DeviceMatMul } from '../../services/numerics/mat-mul.ts';
import type { WorkContext } from '../../services/platform/thread/serve-work.ts';
import { type Measured, measureTarget } from '../../services/scoring/measure-target.ts';
import type { Target } from '../../services/scoring/score-messages.ts';
import { rankOneGradients } from '../../services/selection/gradients.ts';
import { jaccardOverlap, subsetResidual } from '../../services/selection/quality.ts';
import { findSelector, resolveParameters } from '../../services/selection/registry.ts';
import { resolveRun } from '../../services/spec/run.ts';
import { checkpointFile } from '../../services/training/checkpoint-file.ts';
import { SeenSignals } from '../../services/training/seen-signals.ts';
import { trainEpoch } from '../../services/training/train-epoch.ts';
import { createTrainer, disposeTrainer } from '../../services/training/trainer.ts';

/** Steps of the scoring attack, each as much longer as there are fewer, as the command line does it. */
const STEPS = [10, 5, 3, 2, 1, 0];
const SCORERS = ['adv-grad-match', 'adv-glister'];
const FRACTION = 0.3;

function contextOf({ signal }: CliIo): WorkContext {
  return {
    throwIfStopped: () => signal.throwIfAborted(),
    progress: () => {},
    ask: () => Promise.reject(new Error('nothing to ask')),
    breathe: () => setImmediate(),
  };
}

/** A run's spec from the study: TRADES on CIFAR-10. */
function studySpec(epochs: number) {
  const plan = readPlan(join(projectPaths().root, 'test', 'bench', 'study', 'cifar10.json'));
  return resolveRun({ ...plannedCells(plan)[0]!.spec, epochs });
}

type Spec = ReturnType<typeof studySpec>;

/** Trains on all data, then an epoch on a random subset, as a pruned run's last before a selection; keeps what that one saw. */
async function trained(spec: Spec, dataset: Dataset, context: WorkContext, io: CliIo) {
  const { crop, flip } = augmentationFor(dataset.format, spec.augment);
  const trainer = createTrainer(spec, dataset, { crop, flip, seed: spec.seed });
  try {
    for (let epoch = 0; epoch + 1 < spec.epochs; epoch++) {
      const { loss } = await trainEpoch(trainer, epoch, undefined, context, () => {});
      io.err(`training: epoch ${epoch + 1} of ${spec.epochs}, loss ${loss.toFixed(3)}`);
    }
    const random = randomStream(spec.seed, 'bench');
    const kept = Array.from({ length: splitSize(dataset.train) }, (_, index) => index).filter(
      () => random.float() < FRACTION,
    );
    trainer.seen = new SeenSignals();
    await trainEpoch(trainer, spec.epochs - 1, { indices: Uint32Array.from(kept) }, context, () => {});
    return { checkpoint: checkpointFile(trainer), seen: trainer.seen.file()! };
  } finally {
    disposeTrainer(trainer);
  }
}

function scoringAttack({ epsilon, stepSize, steps }: AttackSpec, fewer: number): AttackSpec {
  const reach = (stepSize * steps) / Math.max(1, fewer);
  return create(AttackSpecSchema, { epsilon, steps: fewer, stepSize: Math.min(reach, 2 * epsilon, 1) });
}

async function subsetOf(scorer: string, { signals, validation }: Measured, target: Target) {
  const selector = findSelector(scorer);
  const matMul = new DeviceMatMul();
  const random = randomStream(target.seed, 'selection');
  const { kind, beta = 0, lambda = 0 } = target.objective;
  try {
    return await selector.select({
      signals,
      validation,
      objective: { kind, beta, lambda },
      k: Math.round(FRACTION * signals.examples),
      parameters: resolveParameters(selector, {}),
      random: () => random.float(),
      classFloor: 0,
      matMul: matMul.multiply,
    });
  } finally {
    matMul.dispose();
  }
}

/** Measures cheaper ways of scoring against the run's own attack, one line of JSON each. */
export async function measureScoring(epochs: number, dataRoot: string, io: CliIo): Promise<void> {
  const spec = studySpec(epochs);
  const context = contextOf(io);
  const dataset = await loadDataset(spec.dataset!, dataRoot);
  const { checkpoint, seen } = await trained(spec, dataset, context, io);
  const objective = spec.objective!;
  const target: Target = {
    dataset: spec.dataset!,
    model: spec.model!,
    checkpoint,
    objective,
    attack: objective.attack!,
    seed: spec.seed,
  };
  const { kind, beta = 0, lambda = 0 } = objective;
  for (const scorer of [...SCORERS, 'random']) {
    const selector = findSelector(scorer);
    const own = await measureTarget(dataset, target, findSelector('adv-grad-match'), context);
    const gradients = rankOneGradients(own.signals, { kind, beta, lambda });
    const reference = await subsetOf(scorer, await measureTarget(dataset, target, selector, context), target);
    const ways =
      scorer === 'random' ? [{ steps: 0 }] : [...STEPS.map((steps) => ({ steps })), { steps: 10, reuse: true }];
    for (const { steps, reuse } of ways as { steps: number; reuse?: boolean }[]) {
      const cheaper = { ...target, attack: scoringAttack(objective.attack!, steps) };
      const measured = await measureTarget(dataset, cheaper, selector, context, reuse ? seen.file : undefined);
      const { indices, weights } = await subsetOf(scorer, measured, cheaper);
      io.out(
        JSON.stringify({
          bench: 'scoring',
          scorer,
          attackSteps: steps,
          reusedExamples: reuse ? seen.examples : 0,
          examples: splitSize(dataset.train),
          kept: indices.length,
          passes: measured.passes.forwardPasses + measured.passes.backwardPasses,
          seconds: measured.seconds,
          residual: subsetResidual(gradients, indices, weights),
          overlap: jaccardOverlap(reference.indices, indices),
        }),
      );
    }
  }
}
