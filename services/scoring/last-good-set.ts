import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { AppError } from '../app-error.ts';
import { readIndexSet } from '../index-set/check-index-set.ts';
import type { IndexSetHistory } from '../index-set/history.ts';
import { readOutcome } from '../index-set/read-outcome.ts';
import type { Bus } from '../platform/bus/connection.ts';
import type { RoundKey } from './round-key.ts';

/** The newest set of a run's earlier rounds that is still there and sound; undefined where there is none. */
export async function lastGoodSet(
  bus: Bus,
  history: Pick<IndexSetHistory, 'find'>,
  { runId, round }: RoundKey,
  signal?: AbortSignal,
): Promise<IndexSet | undefined> {
  for (let earlier = round - 1; earlier >= 0; earlier -= 1) {
    const finished = await history.find(runId, earlier, signal);
    if (!finished || finished.outcome.case === 'failure') continue;
    try {
      const set = await readOutcome(bus, finished, signal);
      readIndexSet(set);
      return set;
    } catch (error) {
      // one that gave way to newer ones, in whole or in part
      if (signal?.aborted || !(error instanceof AppError)) throw error;
    }
  }
  return undefined;
}
