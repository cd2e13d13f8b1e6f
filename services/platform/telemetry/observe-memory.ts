import { observe } from './metrics.ts';

/** A thread that says what memory it holds, as a WorkThread does. */
export interface MemoryHolder {
  readonly held?: { readonly bytes: number; readonly device: string } | undefined;
}

/** Has the memory of this process and of its tensor threads asked for whenever metrics are collected. */
export function observeMemory(threads: readonly MemoryHolder[]): void {
  observe('winnow.process.memory', () => [{ value: process.memoryUsage.rss() }]);
  observe('winnow.tensor.memory', () =>
    [...heldByDevice(threads)].map(([device, value]) => ({ value, attributes: { 'winnow.device': device } })),
  );
}

/** Bytes that threads hold together, by device. */
export function heldByDevice(threads: readonly MemoryHolder[]): Map<string, number> {
  const byDevice = new Map<string, number>();
  for (const { held } of threads) {
    if (held) byDevice.set(held.device, (byDevice.get(held.device) ?? 0) + held.bytes);
  }
  return byDevice;
}
