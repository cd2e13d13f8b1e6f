import type { SelectionRequested } from '../../proto/gen/winnow/v1/events_pb.ts';
import { SelectionRequestedSchema } from '../../proto/gen/winnow/v1/events_pb.ts';
import { invalidField } from '../app-error.ts';
import { publishFailure, publishIndexSet } from '../index-set/publish.ts';
import { consume } from '../platform/bus/consume.ts';
import { REQUEST_STREAM, SELECTION_REQUESTED_SUBJECTS } from '../platform/bus/streams.ts';
import { failureToTell, isRetried } from './failure-to-tell.ts';
import { makeRunSet, type RunSetDependencies } from './make-run-set.ts';
import { measureSelection } from './measure-selection.ts';
import { whileRunLasts } from './while-run-lasts.ts';

/** All scoring replicas share this consumer, so each request is answered by one of them. */
export const REQUEST_CONSUMER = 'scoring';

/** Scoring takes minutes, but heartbeats keep the message; this is how soon a dead replica's request goes to another. */
const ACK_WAIT_MS = 6_000;

/** A request comes again each time that a replica dies over it; one that kills a hundred will not be answered. */
const MAX_DELIVERIES = 100;

/** Tries after which a request that keeps failing is answered with the failure, so that the run does not wait for ever. */
const MAX_ATTEMPTS = 3;

/** Answers SelectionRequested events until the signal: one index set, or one failure, for each. */
export function answerRequests(dependencies: RunSetDependencies): Promise<void> {
  const { bus, signal } = dependencies;
  const failures = new Map<string, number>();
  return consume(bus, {
    stream: REQUEST_STREAM,
    durable: REQUEST_CONSUMER,
    filterSubject: SELECTION_REQUESTED_SUBJECTS,
    schema: SelectionRequestedSchema,
    maxInFlight: 1,
    ackWaitMs: ACK_WAIT_MS,
    maxDeliveries: MAX_DELIVERIES,
    signal,
    handler: (request) => answerWanted(request, failures, dependencies),
  });
}

/** Answers a request as long as its run has not ended; there is nobody to answer then. */
async function answerWanted(
  request: SelectionRequested,
  failures: Map<string, number>,
  dependencies: RunSetDependencies,
): Promise<void> {
  const { shared, log } = dependencies;
  const { runId, round } = request;
  if (!runId) throw invalidField('run_id', 'is missing');
  const lasts = await whileRunLasts(dependencies, runId, (signal) =>
    answerOne(request, failures, { ...dependencies, signal }),
  );
  if (lasts) {
    await shared?.forget(runId, round);
    return;
  }
  log.info({ run: runId, round }, 'the run has ended; its selection is left');
  await shared?.drop(runId, round);
}

async function answerOne(
  request: SelectionRequested,
  failures: Map<string, number>,
  dependencies: RunSetDependencies,
): Promise<void> {
  const { bus, history, log, signal } = dependencies;
  const { runId, round } = request;
  // a request that comes again after its answer was published is done
  if (await history.find(runId, round, signal)) return;
  log.info({ run: runId, round, scorer: request.selection?.scorer }, 'selection requested');
  try {
    const scorer = request.selection?.scorer ?? '';
    const set = await measureSelection(scorer, signal, () => makeRunSet(request, dependencies));
    await publishIndexSet(bus, set, signal);
    const { indexGaps, quality, cost } = set;
    log.info(
      { run: runId, round, kept: indexGaps.length, residual: quality?.residual, seconds: cost?.seconds?.total },
      'index set published',
    );
  } catch (error) {
    if (signal.aborted) throw error;
    // counted here, as a delivery may also be one after a replica that was ended
    const key = `${runId}.${round}`;
    const attempts = (failures.get(key) ?? 0) + 1;
    failures.set(key, attempts);
    if (attempts < MAX_ATTEMPTS && isRetried(error)) throw error;
    failures.delete(key);
    log.error({ run: runId, round, err: error }, 'selection failed');
    await publishFailure(bus, runId, round, failureToTell(error), signal);
  }
}
