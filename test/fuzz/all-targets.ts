import type { FuzzTarget } from './target.ts';
import { datasetTargets } from './targets/datasets.ts';
import { indexSetTarget, messageTargets } from './targets/messages.ts';
import { safetensorsTarget } from './targets/safetensors.ts';

/** Every decoder that bytes from outside reach. */
export async function allTargets(): Promise<FuzzTarget[]> {
  return [...messageTargets(), indexSetTarget(), safetensorsTarget(), ...(await datasetTargets())];
}
