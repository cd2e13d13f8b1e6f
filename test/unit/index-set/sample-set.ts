import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type IndexSet, IndexSetSchema } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { WeightMeaning } from '../../../proto/gen/winnow/v1/selection_pb.ts';

/** A valid set of 3 of 10 examples with weights, changed as asked. */
export function sampleSet(
  changes: Omit<MessageInitShape<typeof IndexSetSchema>, '$typeName' | '$unknown'> = {},
): IndexSet {
  return create(IndexSetSchema, {
    runId: 'run-1',
    round: 2,
    datasetFingerprint: 'f1',
    datasetExamples: 10,
    scorer: 'adv-grad-match',
    fraction: 0.3,
    indexGaps: [1, 3, 5],
    weights: [1, 0.5, 0],
    weightMeaning: WeightMeaning.NORMALISED_SUM,
    ...changes,
  } as MessageInitShape<typeof IndexSetSchema>);
}
