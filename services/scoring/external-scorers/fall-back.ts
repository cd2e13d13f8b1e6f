import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { type Cost, CostSchema } from '../../../proto/gen/winnow/v1/cost_pb.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import {
  ScorerFallback,
  type SelectionQuality,
  SelectionQualitySchema,
  type SelectionSpec,
} from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { AppError } from '../../app-error.ts';
import type { FollowOptions } from '../follow-options.ts';
import type { ResolvedTarget } from '../resolve-target.ts';
import type { SelectionPurpose } from '../to-index-set.ts';
import { ScorerFailure } from './scorer-failure.ts';

/** The selection that failed. */
export interface FailedSelection<Target = ResolvedTarget> {
  readonly target: Target;
  readonly selection: SelectionSpec;
  readonly purpose: SelectionPurpose;
}

/** Selects, by the built-in random scorer too. */
export interface RandomSource<Target = ResolvedTarget> {
  select(
    target: Target,
    selection: SelectionSpec,
    purpose: SelectionPurpose,
    follow: FollowOptions,
  ): Promise<{ readonly set: IndexSet }>;
}

/** What takes the place of a set. */
export interface FallbackSources<Target = ResolvedTarget> {
  readonly scorer: RandomSource<Target>;
  /** The run's newest set of an earlier round; undefined where there is none. */
  readonly lastSet?: () => Promise<IndexSet | undefined>;
}

/** Failures of a scorer, not of what was asked or of this service. */
const OF_THE_SCORER: ReadonlySet<ErrorReason> = new Set([ErrorReason.SCORER_FAILED, ErrorReason.UNKNOWN_SCORER]);

/** Whether something may take the place of a set whose making ended like this. */
export function mayFallBack(error: unknown, fallback: ScorerFallback): error is AppError {
  return fallback !== ScorerFallback.UNSPECIFIED && error instanceof AppError && OF_THE_SCORER.has(error.reason);
}

/** The set that takes the place of one whose scorer failed; it says so. Throws what failed where none was asked for. */
export async function fallBack<Target = ResolvedTarget>(
  error: unknown,
  failed: FailedSelection<Target>,
  { scorer, lastSet }: FallbackSources<Target>,
  follow: FollowOptions,
): Promise<IndexSet> {
  const { fallback } = failed.selection;
  if (!mayFallBack(error, fallback)) throw error;
  const reason = error.message;
  const spent = error instanceof ScorerFailure ? error.cost : undefined;
  const last = fallback === ScorerFallback.LAST_SET ? await lastSet?.() : undefined;
  if (last && fits(last, failed)) return repeated(last, failed, reason, spent);
  const random = await randomSet(failed, scorer, follow);
  return { ...random, ...(spent && { cost: sum(spent, random.cost) }), fallback: said(ScorerFallback.RANDOM, reason) };
}

function said(kind: ScorerFallback, reason: string): NonNullable<IndexSet['fallback']> {
  return { $typeName: 'winnow.v1.Fallback', kind, reason };
}

function fits(
  { datasetFingerprint }: IndexSet,
  { purpose: { expectedFingerprint } }: Pick<FailedSelection, 'purpose'>,
): boolean {
  return expectedFingerprint === undefined || datasetFingerprint === expectedFingerprint;
}

/** An earlier set once more: what made it is as it was, what it cost is what was spent in vain. */
function repeated(
  last: IndexSet,
  { purpose }: Pick<FailedSelection, 'purpose'>,
  reason: string,
  spent: Cost | undefined,
): IndexSet {
  const { scores: _, cost: __, quality, ...rest } = last;
  return {
    ...rest,
    round: purpose.round,
    ...(quality && { quality: lasting(quality, last.round + 1 === purpose.round) }),
    ...(spent && { cost: spent }),
    createdAt: timestampNow(),
    fallback: said(ScorerFallback.LAST_SET, reason),
  };
}

/** What of a set's quality is still so: its residual was of other gradients. */
function lasting({ effectiveSampleSize, keptPerClass }: SelectionQuality, isNext: boolean): SelectionQuality {
  return create(SelectionQualitySchema, {
    ...(effectiveSampleSize !== undefined && { effectiveSampleSize }),
    keptPerClass,
    ...(isNext && { overlap: 1 }),
  });
}

/** A random set in the name of the scorer that was asked for. */
async function randomSet<Target>(
  { target, selection, purpose }: FailedSelection<Target>,
  scorer: RandomSource<Target>,
  follow: FollowOptions,
): Promise<IndexSet> {
  const { trainingSignals: _, history: __, ...plain } = purpose;
  const { set } = await scorer.select(target, { ...selection, scorer: 'random', parameters: {} }, plain, follow);
  return { ...set, scorer: selection.scorer, scorerVersion: '' };
}

function sum(a: Cost, b: Cost | undefined): Cost {
  const add = (one = 0, other = 0) => one + other;
  const { seconds, passes } = a;
  return create(CostSchema, {
    seconds: {
      attack: add(seconds?.attack, b?.seconds?.attack),
      scoring: add(seconds?.scoring, b?.seconds?.scoring),
      total: add(seconds?.total, b?.seconds?.total),
    },
    passes: {
      forward: (passes?.forward ?? 0n) + (b?.passes?.forward ?? 0n),
      backward: (passes?.backward ?? 0n) + (b?.passes?.backward ?? 0n),
    },
  });
}
