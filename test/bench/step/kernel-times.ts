import { deviceInfo, tf } from '../../../services/numerics/backend.ts';
import type { KernelTime } from './step-profile.ts';

type Phase = KernelTime['phase'];

/** The native functions of a tfjs backend, of which all kernels go through one. */
interface Binding {
  executeOp(name: string, ...rest: unknown[]): unknown;
}

/** Times of kernels by phase and name. */
class Totals {
  readonly #byKey = new Map<string, KernelTime>();

  add(phase: Phase, kernel: string, ms: number): void {
    const key = `${phase} ${kernel}`;
    const { calls, ms: before } = this.#byKey.get(key) ?? { calls: 0, ms: 0 };
    this.#byKey.set(key, { phase, kernel, calls: calls + 1, ms: before + ms });
  }

  /** Longest first. */
  all(): KernelTime[] {
    return [...this.#byKey.values()].sort((a, b) => b.ms - a.ms);
  }
}

/** Backends made so far, whatever their names: another precision may have its own. */
function backends(): { binding: Binding }[] {
  const { registry } = tf.engine() as unknown as { registry: Record<string, { binding?: Binding }> };
  return Object.values(registry).filter((backend): backend is { binding: Binding } => backend.binding !== undefined);
}

/** Waits until the device has done what it was given: a CPU always has, a GPU once a value has been read from it. */
function deviceWait(): { wait: () => void; dispose: () => void } {
  if (deviceInfo().device === 'cpu') return { wait: () => {}, dispose: () => {} };
  const marker = tf.add(tf.scalar(0), 0);
  return { wait: () => marker.dataSync(), dispose: () => marker.dispose() };
}

function timed(binding: Binding, onDone: (kernel: string, ms: number) => void, wait: () => void): Binding {
  const executeOp = (kernel: string, ...rest: unknown[]) => {
    const started = performance.now();
    const outputs = binding.executeOp(kernel, ...rest);
    wait();
    onDone(kernel, performance.now() - started);
    return outputs;
  };
  // The native object's own properties can't be replaced.
  return Object.create(binding, { executeOp: { value: executeOp } }) as Binding;
}

/**
 * Milliseconds and calls of each kernel during some work, the device waited for after each call; longest first.
 * `phase` names what the work is at.
 */
export async function timeKernels(work: () => Promise<void>, phase: () => Phase): Promise<KernelTime[]> {
  const totals = new Totals();
  const { wait, dispose } = deviceWait();
  const replaced = backends().map((backend) => ({ backend, binding: backend.binding }));
  for (const { backend, binding } of replaced) {
    backend.binding = timed(binding, (kernel, ms) => totals.add(phase(), kernel, ms), wait);
  }
  try {
    await work();
  } finally {
    for (const { backend, binding } of replaced) backend.binding = binding;
    dispose();
  }
  return totals.all();
}
