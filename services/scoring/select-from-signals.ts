import { setImmediate } from 'node:timers/promises';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { SelectFromSignalsRequest } from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { CallContext } from '../platform/rpc/call-context.ts';
import { withSpan } from '../platform/telemetry/trace.ts';
import { withProgress } from '../platform/thread/with-progress.ts';
import { chooseFromSignals, type SignalsAtHand, type SignalsChoosers } from './choose-from-signals.ts';
import type { ScorerRegistry } from './external-scorers/scorer-registry.ts';
import { measureSelection } from './measure-selection.ts';
import type { PublishedRounds } from './published-rounds.ts';
import { ReceivedSignals } from './received-signals.ts';
import type { ScoreProgress } from './score-messages.ts';
import type { SignalMemory } from './signal-memory.ts';
import { SignalStream } from './signal-stream.ts';
import { resolveSignalsSetting, type SignalsTask } from './signals-setting.ts';

/** Shortest time between two messages of progress while batches arrive. */
const PROGRESS_INTERVAL_MS = 250;

/** What selecting from signals works with. */
export interface SignalsDependencies extends SignalsChoosers {
  readonly memory: SignalMemory;
  readonly rounds: Pick<PublishedRounds, 'refuseTrainingRun' | 'find' | 'previous' | 'last' | 'publish'>;
  /** The scorers that run as services. */
  readonly services: Pick<ScorerRegistry, 'describedFor'>;
}

const progressPart = (phase: string, done: number, total: number) => ({
  part: { case: 'progress' as const, value: { phase, done, total } },
});

const setPart = (value: IndexSet) => ({ part: { case: 'indexSet' as const, value } });

/** Takes batches until their stream ends. */
async function* receive(stream: SignalStream, received: ReceivedSignals, { examples }: SignalsTask) {
  let told = 0;
  for (let batch = await stream.batch(); batch; batch = await stream.batch()) {
    received.add(batch);
    if (performance.now() - told >= PROGRESS_INTERVAL_MS || received.done === examples) {
      told = performance.now();
      yield progressPart('receive', received.done, examples);
    }
    // batches that have arrived already come without a pause, and other calls want their turn
    await setImmediate();
  }
}

/** Selects, and tells its progress. */
function choose(task: SignalsTask, atHand: SignalsAtHand, deps: SignalsDependencies, signal: AbortSignal) {
  const attributes = { 'winnow.scorer': task.scorer.name, 'winnow.round': task.round };
  return withProgress<ScoreProgress, IndexSet>((onProgress) =>
    withSpan('winnow.select', attributes, () =>
      measureSelection(task.scorer.name, signal, () => chooseFromSignals(task, atHand, deps, { signal, onProgress })),
    ),
  );
}

/**
 * Answers SelectFromSignals. INVALID_FIELD below `setting` and `batch`; UNKNOWN_SCORER; OVERLOADED, before a batch is read,
 * where memory does not suffice; SCORER_FAILED; CANCELLED.
 */
export async function* selectFromSignals(
  requests: AsyncIterable<SelectFromSignalsRequest>,
  deps: SignalsDependencies,
  { signal }: Pick<CallContext, 'signal'>,
) {
  const stream = new SignalStream(requests);
  let release = () => {};
  try {
    const setting = await stream.setting();
    const task = resolveSignalsSetting(setting, await deps.services.describedFor(setting.selection?.scorer));
    const { runId, examples } = task;
    if (runId) {
      await deps.rounds.refuseTrainingRun(runId);
      const published = await deps.rounds.find(task, signal);
      if (published) {
        yield setPart(published);
        return;
      }
    }
    release = deps.memory.reserve(task);
    const received = new ReceivedSignals(task);
    yield* receive(stream, received, task);
    const previous = runId ? await deps.rounds.previous(task, examples, signal) : undefined;
    const atHand = { ...received.finish(), ...(previous && { previous }) };
    const { progress, result } = choose(task, atHand, deps, signal);
    for await (const { phase, done, total } of progress) yield progressPart(phase, done, total);
    const set = await result;
    yield setPart(runId ? await deps.rounds.publish(set, signal) : set);
  } finally {
    release();
    stream.close();
  }
}
