import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { ScoringService } from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { CallOptions, RpcClient } from '../../services/platform/rpc/client.ts';
import { present } from './present.ts';
import { withReopening } from './retry.ts';

/** A run's index sets, each once and in order: a stream opened again goes on after the last round received. */
export async function* watchIndexSets(
  rpc: Pick<RpcClient<typeof ScoringService>, 'watchIndexSets'>,
  { runId, fromRound }: { runId: string; fromRound: number },
  options: CallOptions,
): AsyncGenerator<IndexSet, void, undefined> {
  let next = fromRound;
  const open = (o: CallOptions) => rpc.watchIndexSets({ runId, fromRound: next }, o);
  for await (const { indexSet } of withReopening(open, options)) {
    const set = present(indexSet, 'index_set');
    next = set.round + 1;
    yield set;
  }
}
