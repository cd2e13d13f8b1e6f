import { setImmediate } from 'node:timers/promises';
import { cancelled } from '../../services/app-error.ts';
import type { WorkContext } from '../../services/platform/thread/serve-work.ts';

/** The context of work that a test runs itself, without a thread; keeps what the work tells. */
export interface DirectContext extends WorkContext {
  readonly told: unknown[];
  /** Makes the work stop the next time it looks. */
  stop(): void;
}

/** A context whose work may ask where `answer` is given. */
export function directContext(answer?: (question: unknown) => Promise<unknown>): DirectContext {
  const told: unknown[] = [];
  let stopped = false;
  return {
    told,
    stop: () => {
      stopped = true;
    },
    throwIfStopped: () => {
      if (stopped) throw cancelled();
    },
    progress: (value) => told.push(value),
    ask: async (question) => {
      if (!answer) throw new Error('this work has nothing to ask');
      return answer(question);
    },
    breathe: () => setImmediate(),
  };
}
