import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ScorerEndpointSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { KnownScorer } from '../../spec/known-scorers.ts';
import type { ScorerRegistry } from './scorer-registry.ts';

/** A listing must not wait for a scorer that hangs. */
const ASK_MS = 2_000;

type Endpoint = MessageInitShape<typeof ScorerEndpointSchema>;

/** Where scorers are, and whether each answers just now that it is ready. Never fails. */
export function scorerEndpoints(
  registry: Pick<ScorerRegistry, 'connect'>,
  scorers: readonly KnownScorer[],
  signal?: AbortSignal,
): Promise<Endpoint[]> {
  return Promise.all(
    scorers.map(async (scorer) => {
      const { address, configured, description } = scorer;
      const detail = await whyNotReady(registry, scorer, signal);
      return { name: description.name, address, configured, ready: detail === undefined, detail: detail ?? '' };
    }),
  );
}

async function whyNotReady(
  registry: Pick<ScorerRegistry, 'connect'>,
  scorer: KnownScorer,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const late = AbortSignal.timeout(ASK_MS);
  let connection: ReturnType<ScorerRegistry['connect']> | undefined;
  try {
    connection = registry.connect(scorer);
    return await connection.notReady(signal ? AbortSignal.any([signal, late]) : late);
  } catch (error) {
    return late.aborted ? `did not answer within ${ASK_MS / 1000} s` : (error as Error).message;
  } finally {
    connection?.close();
  }
}
