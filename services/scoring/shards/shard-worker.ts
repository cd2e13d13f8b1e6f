import {
  type ShardFinished,
  ShardFinishedSchema,
  type ShardRequested,
  ShardRequestedSchema,
} from '../../../proto/gen/winnow/v1/events_pb.ts';
import { invalidField } from '../../app-error.ts';
import type { Bus } from '../../platform/bus/connection.ts';
import { consume } from '../../platform/bus/consume.ts';
import { heldSubjects } from '../../platform/bus/held-subjects.ts';
import { getObject, putObject } from '../../platform/bus/objects.ts';
import { publish } from '../../platform/bus/publish.ts';
import {
  CHECKPOINT_BUCKET,
  SHARD_ANSWER_STREAM,
  SHARD_BUCKET,
  SHARD_REQUESTED_SUBJECTS,
  SHARD_STREAM,
  type ShardPlace,
  shardFinishedSubject,
} from '../../platform/bus/streams.ts';
import type { Log } from '../../platform/log.ts';
import type { WorkThread } from '../../platform/thread/work-thread.ts';
import { failureToTell, isRetried } from '../failure-to-tell.ts';
import { resolveTarget } from '../resolve-target.ts';
import type { Target } from '../score-messages.ts';
import { whileRunLasts } from '../while-run-lasts.ts';
import type { MeasureShardRequest, MeasureShardResult } from './measure-shard.ts';
import { shardObject } from './shard-object.ts';

/** All scoring replicas share this consumer, so each shard is measured by one of them. */
export const SHARD_CONSUMER = 'shards';

/** Heartbeats keep a shard while it is measured; this is how soon a dead replica's goes to another. */
const ACK_WAIT_MS = 6_000;

/** A shard comes again each time that a replica dies over it. */
const MAX_DELIVERIES = 100;

/** Tries after which a shard that keeps failing is answered with the failure, so that its round does not wait for ever. */
const MAX_ATTEMPTS = 3;

/** What measuring shards works with. */
export interface ShardWorkerDependencies {
  readonly bus: Bus;
  readonly thread: Pick<WorkThread, 'run' | 'idle'>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Measures shards of any replica's rounds until the signal, one at a time and only while the tensor thread is free. */
export function measureShards(dependencies: ShardWorkerDependencies): Promise<void> {
  const worker = new ShardWorker(dependencies);
  return consume(dependencies.bus, {
    stream: SHARD_STREAM,
    durable: SHARD_CONSUMER,
    filterSubject: SHARD_REQUESTED_SUBJECTS,
    schema: ShardRequestedSchema,
    ready: () => dependencies.thread.idle(),
    maxInFlight: 1,
    ackWaitMs: ACK_WAIT_MS,
    maxDeliveries: MAX_DELIVERIES,
    signal: dependencies.signal,
    handler: (task) => worker.answer(task),
  });
}

class ShardWorker {
  readonly #dependencies: ShardWorkerDependencies;
  readonly #failures = new Map<string, number>();
  /** The weights of the last shard, as a round has many. */
  #weights: { readonly sha256: string; readonly file: Uint8Array } | undefined;

  constructor(dependencies: ShardWorkerDependencies) {
    this.#dependencies = dependencies;
  }

  /** Answers a shard, unless it was answered or its run has ended. */
  async answer(task: ShardRequested): Promise<void> {
    const { bus, signal } = this.#dependencies;
    const { request, key, shard } = task;
    if (!request?.runId) throw invalidField('request.run_id', 'is missing');
    const place: ShardPlace = { runId: request.runId, round: request.round, key, shard };
    const subject = shardFinishedSubject(place);
    if ((await heldSubjects(bus, SHARD_ANSWER_STREAM, subject, signal)).size > 0) return;
    await whileRunLasts(this.#dependencies, place.runId, async (wanted) => {
      const outcome = await this.#outcome(task, place, wanted);
      const answer = { ...place, outcome };
      // a message id of its own, as the stream takes but one message of this subject
      const messageId = `${subject}.${Date.now()}`;
      await publish(bus, subject, ShardFinishedSchema, answer, { messageId, onlyOne: true, signal: wanted });
    });
  }

  async #outcome(task: ShardRequested, place: ShardPlace, signal: AbortSignal): Promise<ShardFinished['outcome']> {
    const id = shardFinishedSubject(place);
    try {
      const value = await this.#measure(task, place, signal);
      this.#failures.delete(id);
      return { case: 'signals', value };
    } catch (error) {
      if (signal.aborted) throw error;
      const attempts = (this.#failures.get(id) ?? 0) + 1;
      this.#failures.set(id, attempts);
      if (attempts < MAX_ATTEMPTS && isRetried(error)) throw error;
      this.#failures.delete(id);
      this.#dependencies.log.error(
        { run: place.runId, round: place.round, shard: place.shard, err: error },
        'a shard failed',
      );
      const { reason, message } = failureToTell(error);
      return { case: 'failure', value: { $typeName: 'winnow.v1.SelectionFailure', reason, message } };
    }
  }

  async #measure(
    { request, firstExample, examples, signals: needed }: ShardRequested,
    place: ShardPlace,
    signal: AbortSignal,
  ) {
    const { bus, thread, log } = this.#dependencies;
    const { checkpoint, ...target } = resolveTarget(request, request?.selection?.attack, 'request.selection.attack');
    const weights = checkpoint && { checkpoint: await this.#weightsOf(checkpoint.sha256, signal) };
    const work: MeasureShardRequest = {
      target: { ...target, ...weights } satisfies Target,
      expectedFingerprint: request!.datasetFingerprint,
      range: { first: firstExample, examples },
      needed,
    };
    const { file, seconds, ...passes } = await thread.run<MeasureShardResult>('measureShard', work, { signal });
    const stored = await putObject(bus, SHARD_BUCKET, shardObject(place, file), file);
    log.debug({ run: place.runId, round: place.round, shard: place.shard, seconds }, 'a shard is measured');
    return {
      $typeName: 'winnow.v1.ShardSignals' as const,
      sha256: stored.sha256,
      sizeBytes: BigInt(stored.sizeBytes),
      examples,
      seconds,
      passes: {
        $typeName: 'winnow.v1.Passes' as const,
        forward: BigInt(passes.forwardPasses),
        backward: BigInt(passes.backwardPasses),
      },
    };
  }

  async #weightsOf(sha256: string, signal: AbortSignal): Promise<Uint8Array> {
    if (this.#weights?.sha256 !== sha256) {
      this.#weights = undefined;
      this.#weights = {
        sha256,
        file: await getObject(this.#dependencies.bus, CHECKPOINT_BUCKET, sha256, { sha256, signal }),
      };
    }
    return this.#weights.file;
  }
}
