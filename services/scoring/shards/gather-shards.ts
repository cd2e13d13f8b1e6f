import { randomUUID } from 'node:crypto';
import {
  type ShardFinished,
  ShardFinishedSchema,
  type ShardRequested,
  ShardRequestedSchema,
  type ShardSignals,
} from '../../../proto/gen/winnow/v1/events_pb.ts';
import { AppError, cancelled } from '../../app-error.ts';
import type { Bus } from '../../platform/bus/connection.ts';
import { dropMessages } from '../../platform/bus/drop-messages.ts';
import { followStream } from '../../platform/bus/follow.ts';
import { heldSubjects } from '../../platform/bus/held-subjects.ts';
import { deleteObject, getObject } from '../../platform/bus/objects.ts';
import { publish } from '../../platform/bus/publish.ts';
import {
  SHARD_ANSWER_STREAM,
  SHARD_BUCKET,
  SHARD_BUCKET_BYTES,
  type ShardPlace,
  shardFinishedSubject,
  shardRequestedSubject,
} from '../../platform/bus/streams.ts';
import { BackupTimer } from './backup-timer.ts';
import { type GatheredSignals, SignalRoom } from './gathered-signals.ts';
import { decodeShard } from './shard-file.ts';
import { shardObject } from './shard-object.ts';

/** A round whose signals are larger than this together is not kept whole, as others need room in the bucket, too. */
const MOST_KEPT_BYTES = SHARD_BUCKET_BYTES / 2;

/** A round's data set, and how long it waits for a shard. */
export interface RoundShape {
  readonly labels: Uint16Array;
  readonly classes: number;
  /** As SharedMeasuring's. */
  readonly patienceMs: number;
}

/**
 * Asks for all shards of a round but those that were answered before, and puts their signals together in the order of the
 * examples, whoever measured them; the first answer to each counts. CANCELLED; what a shard failed of.
 */
export async function gatherShards(
  bus: Bus,
  tasks: readonly ShardRequested[],
  round: RoundShape,
  signal: AbortSignal,
): Promise<GatheredSignals> {
  const gathering = new Gathering(bus, tasks, round, signal);
  return gathering.run();
}

/** The shard that a task asks for. */
export function placeOf({ request, key, shard }: ShardRequested): ShardPlace {
  return { runId: request!.runId, round: request!.round, key, shard };
}

class Gathering {
  readonly #bus: Bus;
  readonly #tasks: readonly ShardRequested[];
  readonly #open: Set<number>;
  readonly #room: SignalRoom;
  readonly #patienceMs: number;
  readonly #signal: AbortSignal;
  readonly #started = performance.now();
  #forwardPasses = 0;
  #backwardPasses = 0;

  constructor(
    bus: Bus,
    tasks: readonly ShardRequested[],
    { labels, classes, patienceMs }: RoundShape,
    signal: AbortSignal,
  ) {
    this.#bus = bus;
    this.#tasks = tasks;
    this.#open = new Set(tasks.keys());
    this.#room = new SignalRoom(labels, classes);
    this.#patienceMs = patienceMs;
    this.#signal = signal;
  }

  async run(): Promise<GatheredSignals> {
    await this.#askForUnanswered();
    const failed = new AbortController();
    let failure: unknown;
    const backup = new BackupTimer(() => {
      this.#askAgain().catch((error: unknown) => {
        failure = error;
        failed.abort();
      });
    }, this.#patienceMs);
    try {
      await this.#takeAnswers(backup, AbortSignal.any([this.#signal, failed.signal]));
    } finally {
      backup.stop();
    }
    if (this.#signal.aborted) throw cancelled();
    if (failure) throw failure;
    return {
      signals: this.#room.signals(),
      seconds: (performance.now() - this.#started) / 1000,
      forwardPasses: this.#forwardPasses,
      backwardPasses: this.#backwardPasses,
    };
  }

  async #askForUnanswered(): Promise<void> {
    const answers = shardFinishedSubject({ ...placeOf(this.#tasks[0]!), shard: '*' });
    const answered = await heldSubjects(this.#bus, SHARD_ANSWER_STREAM, answers, this.#signal);
    for (const task of this.#tasks) {
      if (!answered.has(shardFinishedSubject(placeOf(task)))) await this.#ask(task, true);
    }
  }

  /** A second replica gets what the first may never finish; whichever answers first is taken. */
  async #askAgain(): Promise<void> {
    for (const shard of [...this.#open]) {
      if (this.#open.has(shard)) await this.#ask(this.#tasks[shard]!, false);
    }
  }

  /** Puts a shard on the queue; `onlyOne` unless it is there already, waiting or being measured. */
  async #ask(task: ShardRequested, onlyOne: boolean): Promise<void> {
    const subject = shardRequestedSubject(placeOf(task));
    const options = { messageId: `${subject}.${randomUUID()}`, onlyOne, signal: this.#signal };
    await publish(this.#bus, subject, ShardRequestedSchema, task, options);
  }

  async #takeAnswers(backup: BackupTimer, signal: AbortSignal): Promise<void> {
    const filterSubject = shardFinishedSubject({ ...placeOf(this.#tasks[0]!), shard: '*' });
    const stop = new AbortController();
    const options = {
      stream: SHARD_ANSWER_STREAM,
      filterSubject,
      schema: ShardFinishedSchema,
      signal: AbortSignal.any([signal, stop.signal]),
    };
    try {
      for await (const answer of followStream(this.#bus, options)) {
        const seconds = await this.#take(answer);
        if (seconds !== undefined) backup.answered(seconds);
        if (this.#open.size === 0) return;
      }
    } finally {
      stop.abort();
    }
  }

  /** The seconds that the shard took; undefined for an answer that came before, or whose signals are gone. */
  async #take({ shard, outcome }: ShardFinished): Promise<number | undefined> {
    const task = this.#tasks[shard];
    if (!task || !this.#open.has(shard)) return undefined;
    if (outcome.case !== 'signals') {
      // another try of the round is to ask anew
      await this.#dropAnswer(task);
      const { reason, message } = outcome.value ?? {};
      throw new AppError(reason ?? 0, message ?? 'a shard was answered with nothing');
    }
    const { value } = outcome;
    const file = await this.#fileOf(task, value);
    if (!file) {
      await this.#dropAnswer(task);
      await this.#ask(task, true);
      return undefined;
    }
    this.#room.put(task.firstExample, decodeShard(file, task.examples, task.signals));
    this.#open.delete(shard);
    this.#forwardPasses += Number(value.passes?.forward ?? 0n);
    this.#backwardPasses += Number(value.passes?.backward ?? 0n);
    if (Number(value.sizeBytes) * this.#tasks.length > MOST_KEPT_BYTES) {
      await deleteObject(this.#bus, SHARD_BUCKET, shardObject(placeOf(task), value.sha256));
    }
    return value.seconds;
  }

  async #fileOf(task: ShardRequested, { sha256 }: ShardSignals): Promise<Uint8Array | undefined> {
    const name = shardObject(placeOf(task), sha256);
    try {
      return await getObject(this.#bus, SHARD_BUCKET, name, { sha256, signal: this.#signal });
    } catch (error) {
      if (this.#signal.aborted || !(error instanceof AppError)) throw error;
      this.#bus.log.warn({ object: name, reason: error.message }, "a shard's signals are gone; it is measured again");
      return undefined;
    }
  }

  #dropAnswer(task: ShardRequested): Promise<void> {
    return dropMessages(this.#bus, SHARD_ANSWER_STREAM, shardFinishedSubject(placeOf(task)));
  }
}
