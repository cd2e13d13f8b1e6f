import type { SelectionRequested } from '../../proto/gen/winnow/v1/events_pb.ts';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { ScorerDescription, Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ScorerFallback, type SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { AppError } from '../app-error.ts';
import { readIndexSet } from '../index-set/check-index-set.ts';
import type { IndexSetHistory } from '../index-set/history.ts';
import { readOutcome } from '../index-set/read-outcome.ts';
import { untilAborted } from '../platform/abortable.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { getObject } from '../platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../platform/bus/streams.ts';
import type { Log } from '../platform/log.ts';
import type { SelectionHistory } from '../selection/history.ts';
import { selectors } from '../selection/registry.ts';
import { neededSignals } from '../selection/selector.ts';
import { resolveSelection } from '../spec/selection.ts';
import { type FailedSelection, fallBack, mayFallBack } from './external-scorers/fall-back.ts';
import type { ScorerRegistry } from './external-scorers/scorer-registry.ts';
import { lastGoodSet } from './last-good-set.ts';
import { needsAttack } from './needs-attack.ts';
import { type ResolvedTarget, resolveTarget } from './resolve-target.ts';
import { readHistory, storeHistory } from './round-history.ts';
import type { SelectResult } from './score-messages.ts';
import type { Scorer } from './scorer.ts';
import type { SharedMeasuring } from './shards/shared-measuring.ts';
import { storeScores } from './stored-scores.ts';
import type { SelectionPurpose } from './to-index-set.ts';

/** What making a run's index set works with. */
export interface RunSetDependencies {
  readonly bus: Bus;
  readonly scorer: Pick<Scorer, 'select'>;
  /** The scorers that run as services. */
  readonly services: Pick<ScorerRegistry, 'describedFor'>;
  readonly history: IndexSetHistory;
  /** Has large rounds measured by all replicas; each is measured here alone where absent. */
  readonly shared?: Pick<SharedMeasuring, 'measure' | 'forget' | 'drop'>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A request's selection, the scorers that run as services, and why its own is not among those known. */
interface Resolved {
  readonly selection: SelectionSpec;
  readonly services: readonly ScorerDescription[];
  readonly unknown?: AppError;
}

/**
 * The index set that a run's round asks for, ready to be published. Its scores, and what the next round has to know, are
 * stored beside it; where that fails, or where what was stored is gone, the log says so and the set is made without.
 * Where the scorer fails and the selection says what takes its place, that does, and the set and the log say so.
 * INVALID_FIELD, UNKNOWN_SCORER, and as Scorer.select.
 */
export async function makeRunSet(request: SelectionRequested, dependencies: RunSetDependencies): Promise<IndexSet> {
  const { runId, round } = request;
  const { selection, services, unknown } = await selectionOf(request, dependencies);
  const target = resolveTarget(request, selection.attack, 'selection.attack');
  const previous = await previousIndices(request, dependencies);
  const history = await historyOf(request, selection, dependencies);
  const trainingSignals = await signalsOf(request, selection, services, target, dependencies);
  const purpose: SelectionPurpose = {
    runId,
    round,
    expectedFingerprint: request.datasetFingerprint,
    ...(previous && { previous }),
    ...(history && { history }),
    ...(trainingSignals && { trainingSignals }),
  };
  try {
    if (unknown) throw unknown;
    const resolved = { ...request, selection };
    const needed = signalsNeeded(selection, services, target);
    const gathered = await dependencies.shared?.measure(resolved, needed, dependencies.signal);
    // not for what takes the set's place after a failure, as the buffers are gone by then
    const informed = { ...purpose, ...(gathered && { gathered }) };
    return await selectedSet(request, { target, selection, purpose: informed }, dependencies);
  } catch (error) {
    return fallenBack(error, { target, selection, purpose }, dependencies);
  }
}

/** The selection, resolved; one by a scorer that nobody knows any more as far as something may take its place. */
async function selectionOf(request: SelectionRequested, { services, signal }: RunSetDependencies): Promise<Resolved> {
  const { selection } = request;
  const described = await untilAborted(services.describedFor(selection?.scorer), signal);
  try {
    return { selection: resolveSelection(selection, 'selection', described), services: described };
  } catch (error) {
    if (!selection || !mayFallBack(error, selection.fallback)) throw error;
    const { scorer, parameters, ...rest } = selection;
    const resolved = resolveSelection({ ...rest, scorer: 'random', parameters: {} }, 'selection');
    return { selection: { ...resolved, scorer, parameters }, services: [], unknown: error };
  }
}

/** The set of a scorer that does what it should. */
async function selectedSet(
  request: SelectionRequested,
  { target, selection, purpose }: FailedSelection,
  dependencies: RunSetDependencies,
): Promise<IndexSet> {
  const { scorer, log, signal } = dependencies;
  const { runId, round } = request;
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

async function fallenBack(
  error: unknown,
  failed: FailedSelection,
  { scorer, bus, history, log, signal }: RunSetDependencies,
): Promise<IndexSet> {
  const { runId, round } = failed.purpose;
  const lastSet = () => lastGoodSet(bus, history, { runId, round }, signal);
  const set = await fallBack(error, failed, { scorer, lastSet }, { signal });
  const instead = set.fallback?.kind === ScorerFallback.RANDOM ? 'a random set' : 'the last good set';
  const { scorer: name } = failed.selection;
  log.warn(
    { run: runId, round, scorer: name, reason: set.fallback?.reason },
    `the scorer failed; ${instead} takes its place`,
  );
  return set;
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
  if (round === 0 || !selectors.get(scorer)?.readsHistory) return undefined;
  const history = await readHistory(bus, runId, round - 1, signal);
  if (!history) log.warn({ run: runId, round }, 'what earlier rounds saw is gone; this one starts anew');
  return history;
}

/** What the scorer reads of an example. */
function signalsNeeded(
  { scorer }: SelectionSpec,
  services: readonly ScorerDescription[],
  { objective }: ResolvedTarget,
): readonly Signal[] {
  const builtIn = selectors.get(scorer);
  if (builtIn) return neededSignals(builtIn, objective.kind);
  return services.find(({ name }) => name === scorer)?.signals ?? [];
}

/** Training's signals, where there are any and the scorer reads more than labels. */
async function signalsOf(
  { runId, round, trainingSignals }: SelectionRequested,
  selection: SelectionSpec,
  services: readonly ScorerDescription[],
  target: ResolvedTarget,
  { bus, log, signal }: RunSetDependencies,
): Promise<Uint8Array | undefined> {
  if (!trainingSignals || !needsAttack(signalsNeeded(selection, services, target))) return undefined;
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
