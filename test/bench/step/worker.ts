import { deviceInfo } from '../../../services/numerics/backend.ts';
import { serveWork } from '../../../services/platform/thread/serve-work.ts';
import { disposeTrainer, type Trainer } from '../../../services/training/trainer.ts';
import { timeKernels } from './kernel-times.ts';
import { type OurCase, oneStep, type Phase, stepTrainer } from './our-step.ts';
import type { KernelTime, StepProfile } from './step-profile.ts';

/** The tensor thread of our side: a trainer, and its steps. */
let trainer: Trainer | undefined;

function prepared(): Trainer {
  if (!trainer) throw new Error('prepare comes first');
  return trainer;
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

serveWork({
  prepare: async (ours: OurCase) => {
    if (trainer) disposeTrainer(trainer);
    trainer = undefined;
    trainer = stepTrainer(ours);
    const { device, version } = deviceInfo();
    return { versions: `TensorFlow ${version} on ${device}, Node ${process.versions.node}` };
  },
  step: async ({ steps }: { steps: number }, context) => ({
    ms: await timeOf(() => oneStep(prepared(), context, { steps })),
  }),
  profile: async (_: unknown, context): Promise<StepProfile> => {
    let phase: Phase = 'update';
    let attackMs = 0;
    const onPhase = (next: Phase) => {
      phase = next;
      attackMs += (next === 'update' ? 1 : -1) * performance.now();
    };
    let kernels: readonly KernelTime[] = [];
    const ms = await timeOf(async () => {
      const step = () => oneStep(prepared(), context, { onPhase });
      kernels = await timeKernels(step, () => phase);
    });
    return { ms, attackMs, kernels };
  },
});
