import { create, toBinary } from '@bufbuild/protobuf';
import {
  type SelectionRequested,
  type ShardRequested,
  ShardRequestedSchema,
} from '../../../proto/gen/winnow/v1/events_pb.ts';
import type { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { sha256Hex } from '../../platform/sha256.ts';
import { planShards } from './plan-shards.ts';

// Two requests for one round differ hardly ever; no one chooses their content to make them meet.
const KEY_DIGITS = 16;

/**
 * The shards of a round's measuring, none where it is not worth while; `request` is resolved. Made of the same request again,
 * they have the same key, so answers from before a replica's end are found.
 */
export function shardTasks(
  request: SelectionRequested,
  signals: readonly Signal[],
  examples: number,
): ShardRequested[] {
  const plan = planShards(examples);
  const what = create(ShardRequestedSchema, { request, signals: [...signals], examples, shard: plan.length });
  const key = sha256Hex(toBinary(ShardRequestedSchema, what)).slice(0, KEY_DIGITS);
  return plan.map((range, shard) => ({ ...what, shard, key, firstExample: range.first, examples: range.examples }));
}
