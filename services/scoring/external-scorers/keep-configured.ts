import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../platform/log.ts';
import type { ScorerRegistry } from './scorer-registry.ts';

/** How often a configured scorer is asked again what it is: a new version is known after that long. */
const REFRESH_MS = 60_000;
/** How often one is looked for that was not there, or was refused. */
const LOOK_AGAIN_MS = 5_000;

/**
 * Makes the scorers at these addresses known, those that are away once they come up, and keeps their descriptions up to
 * date until the signal. Never fails: the log says what is wrong with one, once.
 */
export async function keepConfigured(
  registry: Pick<ScorerRegistry, 'register' | 'forgetOthers'>,
  addresses: readonly string[],
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  await registry.forgetOthers(addresses).catch((error: unknown) => {
    if (!signal.aborted) log.warn({ err: error }, 'scorers of an earlier configuration could not be forgotten');
  });
  await Promise.all(addresses.map((address) => keepOne(registry, address, { log, signal })));
}

async function keepOne(
  registry: Pick<ScorerRegistry, 'register'>,
  address: string,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  let told = '';
  while (!signal.aborted) {
    let said: string;
    try {
      const { name, version } = await registry.register(address, { configured: true, signal });
      said = `scorer '${name}', version ${version}, is known`;
      if (said !== told) log.info({ address, scorer: name, version }, 'a configured scorer is known');
    } catch (error) {
      if (signal.aborted) return;
      said = error instanceof Error ? error.message : String(error);
      if (said !== told) log.warn({ address, reason: said }, 'a configured scorer is not known yet; looking again');
    }
    const isKnown = said.endsWith('is known');
    told = said;
    await sleep(isKnown ? REFRESH_MS : LOOK_AGAIN_MS, undefined, { signal }).catch(() => {
      // the loop ends
    });
  }
}
