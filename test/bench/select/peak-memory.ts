import { readFileSync, writeFileSync } from 'node:fs';

const KIB_PER_MIB = 1024;

/** Resident memory in MiB from /proc/PID/status: `VmRSS` now, `VmHWM` at its highest. */
export function residentMiB(status: string, field: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status);
  if (!found) throw new Error(`/proc/self/status has no ${field}: memory is measured on Linux only`);
  return Number(found[1]) / KIB_PER_MIB;
}

/** The kernel's command for forgetting a process's highest resident memory; see proc(5), clear_refs. */
const RESET_PEAK = '5';

/**
 * Starts to watch this process's resident memory. @returns what tells by how much, in MiB, it was exceeded at most
 * since. Garbage that is there already is collected first, where node runs with --expose-gc.
 */
export function watchPeak(): () => number {
  const status = () => readFileSync('/proc/self/status', 'utf8');
  globalThis.gc?.();
  writeFileSync('/proc/self/clear_refs', RESET_PEAK);
  const before = residentMiB(status(), 'VmRSS');
  return () => residentMiB(status(), 'VmHWM') - before;
}
