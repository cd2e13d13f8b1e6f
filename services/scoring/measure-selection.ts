import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { measureSet } from '../index-set/measure-set.ts';
import { addTo } from '../platform/telemetry/metrics.ts';

/** Records how long a selection took, how it ended, and how many examples the scorer looked at. */
export async function measureSelection(
  scorer: string,
  signal: AbortSignal | undefined,
  work: () => Promise<IndexSet>,
): Promise<IndexSet> {
  const set = await measureSet({ metric: 'winnow.selection.duration', scorer, signal }, work);
  if (!set.fallback) addTo('winnow.selection.examples', set.datasetExamples, { 'winnow.scorer': scorer });
  return set;
}
