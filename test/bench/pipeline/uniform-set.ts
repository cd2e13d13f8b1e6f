import { create } from '@bufbuild/protobuf';
import { type IndexSet, IndexSetSchema } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { WeightMeaning } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { randomStream } from '../../../services/dataset/random.ts';
import { toGaps } from '../../../services/index-set/index-gaps.ts';

/** Where an index set goes, and how large it is. */
export interface SetShape {
  readonly runId: string;
  readonly round: number;
  readonly examples: number;
  readonly kept: number;
}

/** SHA-256 of nothing in particular: as long as real ones are. */
const FINGERPRINT = 'f'.repeat(64);

/** An index set with uniform weights, and `kept` of the examples drawn by chance, as the scoring service would publish it. */
export function uniformSet({ runId, round, examples, kept }: SetShape): IndexSet {
  const random = randomStream(BigInt(round), 'bench');
  const indices = new Uint32Array(kept);
  let count = 0;
  // Each with the chance that leaves exactly `kept` in the end (Knuth, algorithm S).
  for (let index = 0; count < kept; index += 1) {
    if (random.float() * (examples - index) >= kept - count) continue;
    indices[count] = index;
    count += 1;
  }
  return create(IndexSetSchema, {
    runId,
    round,
    datasetFingerprint: FINGERPRINT,
    datasetExamples: examples,
    checkpointSha256: FINGERPRINT,
    scorer: 'random',
    scorerVersion: '1',
    fraction: kept / examples,
    indexGaps: toGaps(indices),
    weightMeaning: WeightMeaning.UNIFORM,
  });
}
