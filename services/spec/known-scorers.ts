import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ScorerDescription } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ListScorersResponse, ListScorersResponseSchema } from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { selectors } from '../selection/registry.ts';

/** A scorer that runs as a service, as all replicas know it. */
export interface KnownScorer {
  readonly description: ScorerDescription;
  /** host:port */
  readonly address: string;
  /** Whether it is from a scoring service's configuration rather than registered. */
  readonly configured: boolean;
}

/** Whether a scorer of this name is built in. */
export function isBuiltIn(name: string): boolean {
  return selectors.has(name);
}

/** What the bucket of scorers holds of one, by its name: an answer of ListScorers with this scorer alone. */
export function toRecord({
  description,
  address,
  configured,
}: KnownScorer): MessageInitShape<typeof ListScorersResponseSchema> {
  return { scorers: [description], endpoints: [{ name: description.name, address, configured }] };
}

/** The scorer of a record; undefined for a record that holds none. */
export function fromRecord({ scorers, endpoints }: ListScorersResponse): KnownScorer | undefined {
  const [description] = scorers;
  const [endpoint] = endpoints;
  if (!description || !endpoint) return undefined;
  return { description, address: endpoint.address, configured: endpoint.configured };
}
