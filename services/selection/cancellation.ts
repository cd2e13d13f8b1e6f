import { cancelled } from '../app-error.ts';

/**
 * Lets pending events in, among them the abort message, then stops if the work was cancelled. Long loops call it every
 * few milliseconds of work. @throws AppError CANCELLED.
 */
export async function checkCancelled(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (signal?.aborted) throw cancelled();
}
