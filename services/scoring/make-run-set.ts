import type { SelectionRequested } from '../../proto/gen/winnow/v1/events_pb.ts';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { AppError } from '../app-error.ts';
import { readIndexSet } from '../index-set/check-index-set.ts';
import type { IndexSetHistory } from '../index-set/history.ts';
import { readOutcome } from '../index-set/read-outcome.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { getObject } from '../platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../platform/bus/streams.ts';
import type { Log } from '../platform/log.ts';
import type { SelectionHistory } from '../selection/history.ts';
import { findSelector } from '../selection/registry.ts';
import { neededSignals } from '../selection/selector.ts';
import { resolveSelection } from '../spec/selection.ts';
import { needsAttack } from './measure-dataset.ts';
import { type ResolvedTarget, resolveTarget } from './resolve-target.ts';
import { readHistory, storeHistory } from './round-history.ts';
import type { SelectResult } from './score-messages.ts';
import type { Scorer } from './scorer.ts';
import { storeScores } from './stored-scores.ts';
import type { SelectionPurpose } from './to-index-set.ts';

/** What making a run's index set works with. */
export interface RunSetDependencies {
  readonly bus: Bus;
  readonly scorer: Pick<Scorer, 'select'>;
  readonly history: IndexSetHistory;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * The index set that a run's round asks for, ready to be published. Its scores, and what the next round has to know, are
 * stored beside it; where that fails, or where what was stored is gone, the log says so and the set is made without.
 * INVALID_FIELD, UNKNOWN_SCORER, and as Scorer.select.
 */
export async function makeRunSet(request: SelectionRequested, dependencies: RunSetDependencies): Promise<IndexSet> {
  const { scorer, log, signal } = dependencies;
  const { runId, round } = request;
  const selection = resolveSelection(request.selection, 'selection');
  const target = resolveTarget(request, selection.attack, 'selection.attack');
  const previous = await previousIndices(request, dependencies);
  const history = await historyOf(request, selection, dependencies);
  const trainingSignals = await signalsOf(request, selection, target, dependencies);
  const purpose: SelectionPurpose = {
    runId,
    round,
    expectedFingerprint: request.datasetFingerprint,
    ...(previous && { previous }),
    ...(history && { history }),
    ...(trainingSignals && { trainingSignals }),
  };
  const { set, result } = await scorer.select(target, selection, purpose, { signal });
  if (result.ignoredSignals !== undefined) {
    log.warn(
      { run: runId, round, reason: result.ignoredSignals },
      "training's signals are left aside; all are attacked",
    );
  }
  await keepHistory(request, result, dependencies);
  return withScores(set, result, dependencies);
}

async function previousIndices(
  { runId, round }: SelectionRequested,
  { bus, history, signal }: RunSetDependencies,
): Promise<Uint32Array | undefined> {
  const before = round > 0 ? await history.find(runId, round - 1, signal) : undefined;
  if (!before || before.outcome.case === 'failure') return undefined;
  return readIndexSet(await readOutcome(bus, before, signal)).indices;
}

async function historyOf(
  { runId, round }: SelectionRequested,
  { scorer }: SelectionSpec,
  { bus, log, signal }: RunSetDependencies,
): Promise<SelectionHistory | undefined> {
  if (round === 0 || !findSelector(scorer).readsHistory) return undefined;
  const history = await readHistory(bus, runId, round - 1, signal);
  if (!history) log.warn({ run: runId, round }, 'what earlier rounds saw is gone; this one starts anew');
  return history;
}

/** Training's signals, where there are any and the scorer reads more than labels. */
async function signalsOf(
  { runId, round, trainingSignals }: SelectionRequested,
  { scorer }: SelectionSpec,
  { objective }: ResolvedTarget,
  { bus, log, signal }: RunSetDependencies,
): Promise<Uint8Array | undefined> {
  if (!trainingSignals || !needsAttack(neededSignals(findSelector(scorer), objective.kind))) return undefined;
  const { sha256 } = trainingSignals;
  try {
    return await getObject(bus, CHECKPOINT_BUCKET, sha256, { sha256, signal });
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError)) throw error;
    log.warn({ run: runId, round, reason: error.message }, "training's signals are not there; all are attacked");
    return undefined;
  }
}

async function keepHistory(
  { runId, round }: SelectionRequested,
  { history }: SelectResult,
  { bus, log }: RunSetDependencies,
): Promise<void> {
  if (!history) return;
  try {
    await storeHistory(bus, runId, round, history);
  } catch (error) {
    log.warn({ run: runId, round, err: error }, 'what this round saw could not be stored; the next one starts anew');
  }
}

async function withScores(
  set: IndexSet,
  { scores }: SelectResult,
  { bus, log }: RunSetDependencies,
): Promise<IndexSet> {
  if (!scores) return set;
  try {
    return { ...set, scores: await storeScores(bus, set, scores.values, scores.meaning) };
  } catch (error) {
    log.warn({ run: set.runId, round: set.round, err: error }, 'the scores could not be stored; the set goes without');
    return set;
  }
}
