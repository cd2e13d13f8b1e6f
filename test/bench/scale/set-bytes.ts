import { create } from '@bufbuild/protobuf';
import { CostSchema } from '../../../proto/gen/winnow/v1/cost_pb.ts';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { SelectionQualitySchema } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { encodeIndexSet } from '../../../services/index-set/encode.ts';

/** A set's bytes without its run and round, the time it was made, the seconds it cost, and what rounds before it add. */
export function setBytes(set: IndexSet): Uint8Array {
  const { createdAt: _at, scores: _scores, cost, quality, ...rest } = set;
  const { overlap: _overlap, ...lasting } = quality!;
  return encodeIndexSet({
    ...rest,
    runId: '',
    round: 0,
    quality: create(SelectionQualitySchema, lasting),
    cost: create(CostSchema, { passes: cost!.passes! }),
  });
}
