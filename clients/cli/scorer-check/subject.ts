import type { ScorerDescription, ScorerService } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { RpcChannel, RpcClient } from '../../../services/platform/rpc/client.ts';

/** The scorer under test. */
export interface Subject {
  readonly client: RpcClient<typeof ScorerService>;
  /** The connection that `client` uses. */
  readonly channel: RpcChannel;
  /** What it says of itself. */
  readonly scorer: ScorerDescription;
  /** Time that one call may take. */
  readonly timeoutMs: number;
  /** Of the synthetic signals. */
  readonly seed: number;
  /** Examples of the large call. */
  readonly largeExamples: number;
  /** Aborted when the user interrupts the run. */
  readonly signal: AbortSignal;
}
