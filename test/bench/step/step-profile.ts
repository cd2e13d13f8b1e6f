/** What one of TensorFlow's kernels took over one part of a step. */
export interface KernelTime {
  readonly phase: 'attack' | 'update';
  readonly kernel: string;
  readonly calls: number;
  readonly ms: number;
}

/** Where the time of one step went. */
export interface StepProfile {
  /** Milliseconds of the whole step. */
  readonly ms: number;
  /** Those of its attack. */
  readonly attackMs: number;
  /** By kernel and phase. */
  readonly kernels: readonly KernelTime[];
}

/** One row of a profile. */
export interface ProfileRow {
  /** TensorFlow's name, or BETWEEN. */
  readonly kernel: string;
  readonly calls: number;
  readonly attackMs: number;
  readonly updateMs: number;
  /** Share of the step's time, in [0,1]. */
  readonly share: number;
}

/** The row of everything outside TensorFlow's kernels: JavaScript, tfjs, reading and writing tensors. */
export const BETWEEN = 'between kernels';

/** In the names of TensorFlow's convolutions and their gradients, fused ones included. */
const CONVOLUTION = 'Conv2D';

/** Share of a step's time inside convolutions and their gradients, in [0,1]. */
export function convolutionShare({ ms, kernels }: StepProfile): number {
  return total(kernels.filter(({ kernel }) => kernel.includes(CONVOLUTION))) / ms;
}

/** A profile by kernel, what lies between them included; the longest first. */
export function profileRows({ ms, attackMs, kernels }: StepProfile): ProfileRow[] {
  const inside = (phase: KernelTime['phase']) => kernels.filter((one) => one.phase === phase);
  const between: KernelTime[] = [
    { phase: 'attack', kernel: BETWEEN, calls: 0, ms: attackMs - total(inside('attack')) },
    { phase: 'update', kernel: BETWEEN, calls: 0, ms: ms - attackMs - total(inside('update')) },
  ];
  const all = [...kernels, ...between];
  return [...new Set(all.map(({ kernel }) => kernel))]
    .map((kernel) =>
      profileRow(
        kernel,
        all.filter((one) => one.kernel === kernel),
        ms,
      ),
    )
    .sort((a, b) => b.share - a.share);
}

function profileRow(kernel: string, times: readonly KernelTime[], stepMs: number): ProfileRow {
  return {
    kernel,
    calls: times.reduce((sum, { calls }) => sum + calls, 0),
    attackMs: total(times.filter(({ phase }) => phase === 'attack')),
    updateMs: total(times.filter(({ phase }) => phase === 'update')),
    share: total(times) / stepMs,
  };
}

function total(times: readonly KernelTime[]): number {
  return times.reduce((sum, { ms }) => sum + ms, 0);
}
