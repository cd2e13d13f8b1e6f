import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { recordSeconds } from '../platform/telemetry/metrics.ts';

/** Who makes a set, and when it is given up. */
export interface MeasuredSet {
  readonly metric: 'winnow.round.latency' | 'winnow.selection.duration';
  readonly scorer: string;
  readonly signal?: AbortSignal | undefined;
}

/** Records how long it took to get an index set, and whether it is one, a fallback or a failure; not where it was given up. */
export async function measureSet(
  { metric, scorer, signal }: MeasuredSet,
  work: () => Promise<IndexSet>,
): Promise<IndexSet> {
  const started = performance.now();
  const record = (outcome: 'set' | 'fallback' | 'failure') =>
    recordSeconds(metric, (performance.now() - started) / 1000, {
      'winnow.scorer': scorer,
      'winnow.outcome': outcome,
    });
  try {
    const set = await work();
    record(set.fallback ? 'fallback' : 'set');
    return set;
  } catch (error) {
    if (!signal?.aborted) record('failure');
    throw error;
  }
}
