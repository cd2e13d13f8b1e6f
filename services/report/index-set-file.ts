import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { WeightMeaning } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { attackSummary } from './attack-summary.ts';
import { enumWord } from './enum-word.ts';
import { finiteOrNull } from './format.ts';
import type { IndexSetSummary, RunSummary } from './summary-schema.ts';

/** A float32 is given back exactly by at most this many decimal digits. */
const FLOAT32_DIGITS = 9;

/** An index set as JSON to read and to load elsewhere: sorted indices, a weight each (null where all weigh the same), and its origin. */
export function indexSetFile(set: IndexSet, run: RunSummary, round: IndexSetSummary): string {
  return linePerField({
    run: run.name,
    runId: set.runId || run.id,
    round: set.round,
    dataset: run.dataset,
    datasetFingerprint: set.datasetFingerprint,
    datasetExamples: set.datasetExamples,
    checkpointSha256: set.checkpointSha256,
    scorer: set.scorer,
    scorerVersion: set.scorerVersion,
    seed: set.seed.toString(),
    attack: attackSummary(set.attack),
    fraction: finiteOrNull(set.fraction),
    fromEpoch: round.fromEpoch,
    kept: set.indexGaps.length,
    residual: round.residual,
    effectiveSampleSize: round.effectiveSampleSize,
    overlap: round.overlap,
    keptPerClass: set.quality?.keptPerClass ?? [],
    createdAt: set.createdAt === undefined ? null : timestampDate(set.createdAt).toISOString(),
    weightMeaning: enumWord(WeightMeaning, set.weightMeaning),
    indices: indicesOf(set.indexGaps),
    weights: set.weights.length === 0 ? null : set.weights.map(shortFloat32),
  });
}

function indicesOf(gaps: readonly number[]): number[] {
  let index = 0;
  return gaps.map((gap) => {
    index += gap;
    return index;
  });
}

/** The shortest decimal that is the same float32; 0.1 and not 0.10000000149011612. */
function shortFloat32(weight: number): number | null {
  if (!Number.isFinite(weight)) return null;
  for (let digits = 6; digits < FLOAT32_DIGITS; digits += 1) {
    const short = Number(weight.toPrecision(digits));
    if (Math.fround(short) === Math.fround(weight)) return short;
  }
  return Number(weight.toPrecision(FLOAT32_DIGITS));
}

// Thousands of indices on lines of their own would bury the rest.
function linePerField(fields: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}
