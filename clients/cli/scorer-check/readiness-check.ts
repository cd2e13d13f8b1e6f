import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { RpcError } from '../../../services/platform/rpc/rpc-error.ts';
import type { Check } from './check.ts';
import { fail, pass } from './finding.ts';

const POLL_MS = 500;

/** The scorer becomes ready within the time of one call. */
export const readinessCheck: Check = {
  name: 'ready',
  run: async ({ client, timeoutMs, signal }) => {
    const since = Date.now();
    try {
      for (;;) {
        const { ready, detail } = await client.checkReady({}, { timeoutMs, signal });
        if (ready) return pass(`after ${Date.now() - since} ms`);
        if (Date.now() + POLL_MS - since > timeoutMs) {
          const reason = detail === '' ? 'it does not say why' : `it waits for: ${detail}`;
          return fail(
            `not ready after ${timeoutMs} ms; ${reason}`,
            'see what it waits for, or give a longer --timeout',
          );
        }
        await sleep(POLL_MS, undefined, { signal });
      }
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== status.UNIMPLEMENTED) throw error;
      return fail('CheckReady is not implemented', 'implement it; a scorer that loads nothing answers ready at once');
    }
  },
};
