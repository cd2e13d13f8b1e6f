import { setTimeout as sleep } from 'node:timers/promises';
import { DiscardPolicy, NatsError, nanos, RetentionPolicy, StorageType, type StreamConfig } from 'nats';
import { invalidField } from '../../app-error.ts';
import type { Bus } from './connection.ts';
import { isFull, whileAway } from './retry.ts';

/** Stream of SelectionRequested. */
export const REQUEST_STREAM = 'WINNOW_REQUESTS';
/** Stream of SelectionFinished. */
export const INDEX_SET_STREAM = 'WINNOW_INDEX_SETS';
/** Stream of ShardRequested, a work queue. */
export const SHARD_STREAM = 'WINNOW_SHARDS';
/** Stream of ShardFinished. */
export const SHARD_ANSWER_STREAM = 'WINNOW_SHARD_ANSWERS';
/** Object bucket of the signals of shards, until their round is answered. */
export const SHARD_BUCKET = 'winnow-shards';
/** Object bucket of checkpoints, named by their SHA-256. */
export const CHECKPOINT_BUCKET = 'winnow-checkpoints';
/** Object bucket of index sets that are too large for a message. */
export const INDEX_SET_BUCKET = 'winnow-index-sets';
/** Object bucket of the scores behind index sets; the oldest give way. */
export const SCORE_BUCKET = 'winnow-scores';
/** Object bucket of what a run's selection rounds remember for the next one; the oldest give way. */
export const HISTORY_BUCKET = 'winnow-histories';
/** Key-value bucket of runs, by id. */
export const RUN_BUCKET = 'winnow-runs';
/** Key-value bucket of who trains a run and from which state it goes on, by the run's id. */
export const RUN_STATE_BUCKET = 'winnow-run-states';
/** Key-value bucket of leases, by the run's id; JetStream drops one that is not renewed within {@link LEASE_MS}. */
export const LEASE_BUCKET = 'winnow-leases';
/** Key-value bucket of the scorers that run as services, by name. */
export const SCORER_BUCKET = 'winnow-scorers';
/** Key-value bucket of how far evaluations are and what they found, by a hash of all that decides it. */
export const EVALUATION_BUCKET = 'winnow-evaluations';

const REQUESTED = 'winnow.v1.selection.requested';
const INDEX_SET = 'winnow.v1.index_set';
const RUN_PROGRESS = 'winnow.v1.run_progress';
const SHARD_REQUESTED = 'winnow.v1.shard.requested';
const SHARD_FINISHED = 'winnow.v1.shard.finished';

/** Every SelectionRequested. */
export const SELECTION_REQUESTED_SUBJECTS = `${REQUESTED}.>`;
/** Every SelectionFinished. */
export const INDEX_SET_SUBJECTS = `${INDEX_SET}.>`;
/** Every ShardRequested. */
export const SHARD_REQUESTED_SUBJECTS = `${SHARD_REQUESTED}.>`;

const MIB = 1024 * 1024;
const DAY_MS = 24 * 3600 * 1000;

/** A request or answer published twice within this time, as retries do, is stored once. */
export const DEDUP_WINDOW_MS = 2 * 60 * 1000;

// No trainer waits longer for an answer; what is older belongs to runs that are gone.
const REQUEST_MAX_AGE_MS = 7 * DAY_MS;
// Far more requests than trainers can have open, and a few KiB for each: a backlog beyond it is a fault, and refused.
const MAX_REQUESTS = 10_000;
const REQUEST_BYTES = 64 * MIB;
// A month of history to look up; the oldest sets go first when 1 GiB, some ten thousand sets, is reached earlier.
const INDEX_SET_MAX_AGE_MS = 30 * DAY_MS;
const INDEX_SET_BYTES = 1024 * MIB;
// JetStream reserves what a bucket may hold: together, all bounds stay below 8 GiB, so a volume of 10 GiB does.
const CHECKPOINT_BUCKET_BYTES = 4096 * MIB;
const INDEX_SET_BUCKET_BYTES = 1024 * MIB;
const RUN_BUCKET_BYTES = 256 * MIB;
// A few hundred bytes for each run that has not ended.
const RUN_STATE_BUCKET_BYTES = 16 * MIB;
// A hundred bytes for each run that is being trained.
const LEASE_BUCKET_BYTES = MIB;
/** How long a lease lasts that is not renewed: some renewals may get lost, and a dead replica's run is not idle for long. */
export const LEASE_MS = 6_000;
// A few KiB each, and not worth more than the time to do it again: thousands within a week.
const EVALUATION_BUCKET_BYTES = 64 * MIB;
const EVALUATION_MAX_AGE_MS = 7 * DAY_MS;
// A few KiB each, at most 64: thousands of scorers.
const SCORER_BUCKET_BYTES = 16 * MIB;
// Some 2,500 rounds of 50,000 examples, four bytes each; kept as long as the sets that they explain.
const SCORE_BUCKET_BYTES = 512 * MIB;
const SCORE_MAX_AGE_MS = INDEX_SET_MAX_AGE_MS;
// Two rounds at a time of each run, three bytes an example: some 200 runs of 50,000. Older than a request, none is asked for.
const HISTORY_BUCKET_BYTES = 64 * MIB;
const HISTORY_MAX_AGE_MS = REQUEST_MAX_AGE_MS;

/** What the bucket of shards holds: the signals of two rounds of 50,000 examples, 1,044 numbers each; a larger round's by and by. */
export const SHARD_BUCKET_BYTES = 512 * MIB;
// No round takes longer; what is older was left behind by a replica that was late.
const SHARD_MAX_AGE_MS = DAY_MS;
// Two KiB each, some thousand to a round at most.
const SHARD_BYTES = 32 * MIB;
// A few hundred bytes each; one that gave way is measured again.
const SHARD_ANSWER_BYTES = 16 * MIB;

const streams: readonly (Partial<StreamConfig> & { name: string })[] = [
  {
    name: REQUEST_STREAM,
    description: 'Selections that are asked for, each until it is answered',
    subjects: [SELECTION_REQUESTED_SUBJECTS],
    retention: RetentionPolicy.Workqueue,
    max_age: nanos(REQUEST_MAX_AGE_MS),
    max_msgs: MAX_REQUESTS,
    max_bytes: REQUEST_BYTES,
    discard: DiscardPolicy.New,
    storage: StorageType.File,
    duplicate_window: nanos(DEDUP_WINDOW_MS),
  },
  {
    name: INDEX_SET_STREAM,
    description: 'Answers to selections',
    subjects: [INDEX_SET_SUBJECTS],
    retention: RetentionPolicy.Limits,
    max_age: nanos(INDEX_SET_MAX_AGE_MS),
    max_bytes: INDEX_SET_BYTES,
    discard: DiscardPolicy.Old,
    storage: StorageType.File,
    duplicate_window: nanos(DEDUP_WINDOW_MS),
  },
  {
    name: SHARD_STREAM,
    description: 'Parts of rounds that wait to be measured, or are',
    subjects: [SHARD_REQUESTED_SUBJECTS],
    retention: RetentionPolicy.Workqueue,
    max_age: nanos(SHARD_MAX_AGE_MS),
    max_bytes: SHARD_BYTES,
    discard: DiscardPolicy.New,
    storage: StorageType.File,
    duplicate_window: nanos(DEDUP_WINDOW_MS),
  },
  {
    name: SHARD_ANSWER_STREAM,
    description: 'Parts of rounds that were measured, until their round is answered',
    subjects: [`${SHARD_FINISHED}.>`],
    retention: RetentionPolicy.Limits,
    max_age: nanos(SHARD_MAX_AGE_MS),
    max_bytes: SHARD_ANSWER_BYTES,
    discard: DiscardPolicy.Old,
    storage: StorageType.File,
    duplicate_window: nanos(DEDUP_WINDOW_MS),
  },
];

/** Object buckets whose oldest objects give way to new ones. */
const rollingBuckets: readonly { name: string; description: string; maxBytes: number; maxAgeMs: number }[] = [
  { name: SCORE_BUCKET, description: 'Scores', maxBytes: SCORE_BUCKET_BYTES, maxAgeMs: SCORE_MAX_AGE_MS },
  { name: HISTORY_BUCKET, description: 'Histories', maxBytes: HISTORY_BUCKET_BYTES, maxAgeMs: HISTORY_MAX_AGE_MS },
];

/** Makes the streams and buckets that are missing and brings the limits of the others up to date; safe to repeat. */
export async function ensureStreams(bus: Bus, signal?: AbortSignal): Promise<void> {
  await whileAway(bus, { what: 'setting up the streams', signal }, () => setUpTogether(bus, signal));
  bus.log.debug('the streams are set up');
  if (kept.has(bus)) return;
  kept.add(bus);
  bus.onRegained(() => {
    // A server that comes back without its storage has lost them.
    whileAway(bus, { what: 'setting up the streams' }, () => setUpTogether(bus)).catch((error: unknown) => {
      bus.log.error({ err: error }, 'the streams could not be set up again');
    });
  });
}

const kept = new WeakSet<Bus>();

// Making all streams and buckets takes a process a few tens of milliseconds.
const SET_UP_ATTEMPTS = 6;
const SET_UP_PAUSE_MS = 500;

/**
 * While several processes make the same bucket, JetStream counts its space for each of them, and may refuse one that
 * would fit: a refusal counts only if it stays.
 */
async function setUpTogether(bus: Bus, signal?: AbortSignal): Promise<void> {
  for (let attempt = 1; attempt < SET_UP_ATTEMPTS; attempt++) {
    try {
      return await setUp(bus);
    } catch (error) {
      if (!isFull(error)) throw error;
      bus.log.warn({ attempt }, 'JetStream has no room for the streams just now; trying again');
      await sleep(SET_UP_PAUSE_MS, undefined, signal ? { signal } : {}).catch(() => {});
    }
  }
  return setUp(bus);
}

async function setUp(bus: Bus): Promise<void> {
  for (const config of streams) await ensureStream(bus, config);
  const { views } = bus.jetstream;
  const storage = StorageType.File;
  await views.os(CHECKPOINT_BUCKET, { storage, max_bytes: CHECKPOINT_BUCKET_BYTES, description: 'Model weights' });
  await views.os(INDEX_SET_BUCKET, { storage, max_bytes: INDEX_SET_BUCKET_BYTES, description: 'Large index sets' });
  await views.os(SHARD_BUCKET, {
    storage,
    max_bytes: SHARD_BUCKET_BYTES,
    ttl: nanos(SHARD_MAX_AGE_MS),
    description: 'Signals of shards',
  });
  for (const { name, description, maxBytes, maxAgeMs } of rollingBuckets) {
    await views.os(name, { storage, max_bytes: maxBytes, ttl: nanos(maxAgeMs), description });
    // An object store is made to refuse what is too much. An object whose first parts are gone is found to be damaged.
    await bus.manager.streams.update(`OBJ_${name}`, { discard: DiscardPolicy.Old });
  }
  await views.kv(RUN_BUCKET, { storage, max_bytes: RUN_BUCKET_BYTES, description: 'Runs', history: 1 });
  await views.kv(RUN_STATE_BUCKET, {
    storage,
    max_bytes: RUN_STATE_BUCKET_BYTES,
    description: 'Owners and states of runs',
    history: 1,
  });
  await views.kv(LEASE_BUCKET, {
    storage,
    max_bytes: LEASE_BUCKET_BYTES,
    ttl: LEASE_MS,
    description: 'Leases of runs',
    history: 1,
  });
  await views.kv(SCORER_BUCKET, { storage, max_bytes: SCORER_BUCKET_BYTES, description: 'Scorers', history: 1 });
  await views.kv(EVALUATION_BUCKET, {
    storage,
    max_bytes: EVALUATION_BUCKET_BYTES,
    ttl: EVALUATION_MAX_AGE_MS,
    description: 'Evaluations',
    history: 1,
  });
}

async function ensureStream({ manager }: Bus, config: Partial<StreamConfig> & { name: string }): Promise<void> {
  try {
    await manager.streams.update(config.name, config);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await manager.streams.add(config).catch((failure: unknown) => {
      // another version of Winnow was faster, as while replicas are replaced one by one
      if (!isThereOtherwise(failure)) throw failure;
      return manager.streams.update(config.name, config);
    });
  }
}

/** JetStream's code for a stream that is there with other settings. */
const OTHER_SETTINGS = 10058;

function isThereOtherwise(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === OTHER_SETTINGS;
}

/** Whether JetStream says that a stream, consumer or message is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof NatsError && (error.api_error?.code === 404 || error.code === '404');
}

/** Subject of a round's SelectionRequested; '*' stands for any round in filters. */
export function selectionRequestedSubject(runId: string, round: number | '*'): string {
  return `${REQUESTED}.${subjectToken('run_id', runId)}.${round}`;
}

/** Subject of a round's SelectionFinished; '*' stands for any round in filters. */
export function indexSetSubject(runId: string, round: number | '*'): string {
  return `${INDEX_SET}.${subjectToken('run_id', runId)}.${round}`;
}

/** Subject of a run's EpochProgress, which no stream keeps; '*' stands for any run. */
export function runProgressSubject(runId: string): string {
  return `${RUN_PROGRESS}.${runId === '*' ? runId : subjectToken('run_id', runId)}`;
}

/** A shard among all: of which run and round, under which key, and which. */
export interface ShardPlace {
  readonly runId: string;
  readonly round: number;
  readonly key: string;
  readonly shard: number;
}

/** Subject of a shard's ShardRequested. */
export function shardRequestedSubject(place: ShardPlace): string {
  return `${SHARD_REQUESTED}.${shardName(place)}`;
}

/** Subject of a shard's ShardFinished; '*' stands for any shard in filters. */
export function shardFinishedSubject(place: Omit<ShardPlace, 'shard'> & { readonly shard: number | '*' }): string {
  return `${SHARD_FINISHED}.${shardName(place)}`;
}

/** Filters of everything that is asked and answered about a round's shards, in their two streams. */
export function shardSubjects(runId: string, round: number): { readonly requested: string; readonly finished: string } {
  const part = `${subjectToken('run_id', runId)}.${round}.>`;
  return { requested: `${SHARD_REQUESTED}.${part}`, finished: `${SHARD_FINISHED}.${part}` };
}

/** A shard's name, in subjects and of objects: RUN.ROUND.KEY.SHARD. */
export function shardName({ runId, round, key, shard }: Omit<ShardPlace, 'shard'> & { shard: number | '*' }): string {
  return `${subjectToken('run_id', runId)}.${round}.${subjectToken('key', key)}.${shard}`;
}

/** A subject without its ids, as traces are grouped by; the subject itself where it isn't one of ours. */
export function subjectTemplate(subject: string): string {
  return (
    [REQUESTED, INDEX_SET, SHARD_REQUESTED, SHARD_FINISHED].find((prefix) => subject.startsWith(`${prefix}.`)) ??
    subject
  );
}

function subjectToken(field: string, value: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(value)) throw invalidField(field, 'must be letters, digits, "_" and "-"');
  return value;
}
