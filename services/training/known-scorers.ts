import type { ScorerDescription } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ListScorersResponseSchema } from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { openStore, type Store } from '../platform/bus/key-value.ts';
import { SCORER_BUCKET } from '../platform/bus/streams.ts';
import { fromRecord, isBuiltIn } from '../spec/known-scorers.ts';

/** The bucket that the scoring service keeps of scorers that run as services. */
export type ScorerStore = Pick<Store<typeof ListScorersResponseSchema>, 'list'>;

/** Opens it. */
export function scorerStore(bus: Bus): ScorerStore {
  return openStore(bus, SCORER_BUCKET, ListScorersResponseSchema);
}

/** Descriptions of the scorers that run as services, where the name may be one of theirs; none for a built-in scorer. */
export async function describedFor(store: ScorerStore, name: string | undefined): Promise<ScorerDescription[]> {
  if (!name || isBuiltIn(name)) return [];
  return (await store.list()).flatMap(({ value }) => fromRecord(value)?.description ?? []);
}
