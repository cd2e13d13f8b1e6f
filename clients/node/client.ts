/** What users of the Node client import: connections to the two services, and what their calls take and give. */
export { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
export type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
export type { CheckpointRef } from '../../proto/gen/winnow/v1/model_pb.ts';
export { ObjectiveKind } from '../../proto/gen/winnow/v1/objective_pb.ts';
export { type Evaluation, type Run, RunState, Schedule } from '../../proto/gen/winnow/v1/run_pb.ts';
export { type ScorerDescription, ScorerOutput, Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
export type { ScorerEndpoint } from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
export { ScorerFallback, WeightMeaning } from '../../proto/gen/winnow/v1/selection_pb.ts';
export { AppError } from '../../services/app-error.ts';
export type { CallOptions, ChannelSecurity } from '../../services/platform/rpc/client.ts';
export { RpcError } from '../../services/platform/rpc/rpc-error.ts';
export { type DecodedIndices, decodeIndices } from './index-set.ts';
export {
  connectScoring,
  type ScoringClient,
  type ScoringPart,
  type SelectionPart,
  type SignalsPart,
} from './scoring-client.ts';
export type { SignalBatch } from './signal-requests.ts';
export {
  connectTraining,
  type DownloadOptions,
  type EvaluationPart,
  type RunEvent,
  type TrainingClient,
} from './training-client.ts';
