import type { Fallback, IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { AppliedRound, Run } from '../../proto/gen/winnow/v1/run_pb.ts';
import { ScorerFallback } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { finiteOrNull } from './format.ts';
import type { IndexSetSummary } from './summary-schema.ts';

/** Where a round's indices are written, below the report's folder. */
export function indexSetPath(fileStem: string, round: number): string {
  return `index-sets/${fileStem}-round-${round}.json`;
}

/** The index sets of a run by round: those it applied, and those that were made and never applied. */
export function indexSetSummaries(run: Run, indexSets: readonly IndexSet[], fileStem: string): IndexSetSummary[] {
  const applied = new Map(run.rounds.map((round) => [round.round, round]));
  const sets = new Map(indexSets.map((set) => [set.round, set]));
  const rounds = [...new Set([...applied.keys(), ...sets.keys()])].sort((a, b) => a - b);
  return rounds.map((round) => summariseRound(round, applied.get(round), sets.get(round), fileStem));
}

function summariseRound(
  round: number,
  applied: AppliedRound | undefined,
  set: IndexSet | undefined,
  fileStem: string,
): IndexSetSummary {
  const quality = applied?.quality ?? set?.quality;
  return {
    round,
    fromEpoch: applied?.fromEpoch ?? null,
    kept: applied?.kept ?? set?.indexGaps.length ?? 0,
    residual: finiteOrNull(quality?.residual),
    // In [1, k] where it is known; 0 is proto3's word for "not given".
    effectiveSampleSize: finiteOrNull(quality?.effectiveSampleSize || undefined),
    overlap: finiteOrNull(quality?.overlap),
    file: set === undefined ? null : indexSetPath(fileStem, round),
    scorerVersion: set?.scorerVersion || null,
    ...(set?.fallback && { fallback: fallbackText(set.fallback) }),
  };
}

function fallbackText({ kind, reason }: Fallback): string {
  return `${kind === ScorerFallback.LAST_SET ? 'the last good set' : 'a random set'}, as ${reason}`;
}
