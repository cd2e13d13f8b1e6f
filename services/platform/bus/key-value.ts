import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { JsMsg, KV } from 'nats';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import type { Bus } from './connection.ts';
import { followMessages } from './follow.ts';
import { isConflict, whileAway } from './retry.ts';

/** What NATS takes as a key. */
const KEY = /^[-/=.\w]+$/;

/** A stored message and its place in the bucket's history, which {@link Store.put} checks. */
export interface Entry<D extends DescMessage> {
  readonly key: string;
  readonly value: MessageShape<D>;
  readonly revision: number;
}

/** A bucket of messages of one type, by key. Keys are letters, digits and `-_=./`. */
export interface Store<D extends DescMessage> {
  /** The newest value; undefined where there is none. */
  get(key: string): Promise<Entry<D> | undefined>;
  /**
   * Writes a value; returns its revision. With `expectedRevision`, only where that is still the newest (0: where there
   * is none yet); otherwise throws WRONG_STATE. CANCELLED once the signal aborts; whether it was written is not known then.
   */
  put(key: string, value: MessageInitShape<D>, expectedRevision?: number, signal?: AbortSignal): Promise<number>;
  /** Removes a key, without a trace, where this revision is its newest; does nothing where it isn't. Watchers aren't told. */
  remove(key: string, revision: number): Promise<void>;
  /** Takes a value away; does nothing where there is none. */
  delete(key: string): Promise<void>;
  /** The newest value of every key, in the order they were written. */
  list(): Promise<Entry<D>[]>;
  /** The newest value of every key, or of one, then each new value, until the signal aborts. */
  watch(options: { readonly key?: string; readonly signal: AbortSignal }): AsyncIterable<Entry<D>>;
}

/** Opens a key-value bucket that {@link ensureStreams} made. Its operations wait while the bus is away. */
export function openStore<D extends DescMessage>(bus: Bus, bucket: string, schema: D): Store<D> {
  return new KeyValueStore(bus, bucket, schema);
}

class KeyValueStore<D extends DescMessage> implements Store<D> {
  readonly #bus: Bus;
  readonly #bucket: string;
  readonly #schema: D;

  constructor(bus: Bus, bucket: string, schema: D) {
    this.#bus = bus;
    this.#bucket = bucket;
    this.#schema = schema;
  }

  async get(key: string): Promise<Entry<D> | undefined> {
    // NATS refuses other keys, so there is none of them; callers may ask for anything
    if (!KEY.test(key)) return undefined;
    return this.#whileAway(`reading ${this.#bucket}/${key}`, async (bucket) => {
      const entry = await bucket.get(key);
      if (entry?.operation !== 'PUT') return undefined;
      return { key, value: fromBinary(this.#schema, entry.value), revision: entry.revision };
    });
  }

  put(key: string, value: MessageInitShape<D>, expectedRevision?: number, signal?: AbortSignal): Promise<number> {
    const bytes = toBinary(this.#schema, create(this.#schema, value));
    const options = expectedRevision === undefined ? {} : { previousSeq: expectedRevision };
    const write = async (bucket: KV, attempt: number) => {
      try {
        return await bucket.put(key, bytes, options);
      } catch (error) {
        if (!isConflict(error)) throw error;
        const present = await bucket.get(key);
        // An earlier attempt was carried out, and only its answer got lost.
        if (present && attempt > 1 && Buffer.from(present.value).equals(bytes)) return present.revision;
        const message = `${this.#bucket}/${key} was changed by someone else; read it again`;
        throw new AppError(ErrorReason.WRONG_STATE, message, { cause: error });
      }
    };
    return this.#whileAway(`writing ${this.#bucket}/${key}`, write, signal);
  }

  async remove(key: string, revision: number): Promise<void> {
    // What was written later is behind the purge, and stays. A deletion's mark would take part in later revisions.
    const purge = { filter: this.#prefix + key, seq: revision + 1 };
    await whileAway(this.#bus, { what: `removing ${this.#bucket}/${key}` }, () =>
      this.#bus.manager.streams.purge(this.#stream, purge),
    );
  }

  delete(key: string): Promise<void> {
    return this.#whileAway(`deleting ${this.#bucket}/${key}`, (bucket) => bucket.delete(key));
  }

  async list(): Promise<Entry<D>[]> {
    const what = `listing ${this.#bucket}`;
    const { state } = await whileAway(this.#bus, { what }, () => this.#bus.manager.streams.info(this.#stream));
    const entries = new Map<string, Entry<D>>();
    if (state.messages === 0) return [];
    for await (const message of this.#follow('>', new AbortController().signal)) {
      const entry = this.#entryOf(message);
      if (entry) entries.set(entry.key, entry);
      if (message.seq >= state.last_seq || message.info.pending === 0) break;
    }
    return [...entries.values()].sort((a, b) => a.revision - b.revision);
  }

  async *watch({
    key = '>',
    signal,
  }: {
    key?: string;
    signal: AbortSignal;
  }): AsyncGenerator<Entry<D>, void, undefined> {
    for await (const message of this.#follow(key, signal)) {
      const entry = this.#entryOf(message);
      if (entry) yield entry;
    }
  }

  // A bucket is a stream that keeps the newest message of each subject; both names are part of its specification.
  get #stream(): string {
    return `KV_${this.#bucket}`;
  }

  get #prefix(): string {
    return `$KV.${this.#bucket}.`;
  }

  #follow(key: string, signal: AbortSignal): AsyncIterable<JsMsg> {
    return followMessages(this.#bus, { stream: this.#stream, filterSubject: this.#prefix + key, signal });
  }

  /** Undefined for the mark that a deletion leaves. */
  #entryOf({ subject, data, seq, headers }: JsMsg): Entry<D> | undefined {
    if (headers?.get('KV-Operation')) return undefined;
    return { key: subject.slice(this.#prefix.length), value: fromBinary(this.#schema, data), revision: seq };
  }

  #whileAway<T>(what: string, attempt: (bucket: KV, attempt: number) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return whileAway(this.#bus, { what, signal }, async (number) =>
      attempt(await this.#bus.jetstream.views.kv(this.#bucket, { bindOnly: true }), number),
    );
  }
}
