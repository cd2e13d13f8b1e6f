import { gunzipSync, gzipSync } from 'node:zlib';
import { BytesValueSchema } from '@bufbuild/protobuf/wkt';
import type { Bus } from '../platform/bus/connection.ts';
import { openStore } from '../platform/bus/key-value.ts';
import { EVALUATION_BUCKET } from '../platform/bus/streams.ts';
import type { Log } from '../platform/log.ts';
import type { EvaluationRecord } from './evaluation-record.ts';

/** Where records of evaluations are kept, as bytes. */
export interface EvaluationStore {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

/** The store on the bus. */
export function evaluationStore(bus: Bus): EvaluationStore {
  const store = openStore(bus, EVALUATION_BUCKET, BytesValueSchema);
  return {
    get: async (key) => (await store.get(key))?.value.value,
    put: async (key, value) => {
      await store.put(key, { value });
    },
  };
}

/**
 * Keeps what evaluations have found, for the next one of the same key. Writing never holds an evaluation up: what can't
 * be written is logged, and a newer record takes the place of one that waits.
 */
export class EvaluationRecords {
  readonly #store: EvaluationStore;
  readonly #log: Log;
  readonly #waiting = new Map<string, EvaluationRecord>();
  #writing: Promise<void> = Promise.resolve();

  constructor(store: EvaluationStore, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** The newest record; undefined where there is none, or none that can be read. */
  async recall(key: string): Promise<EvaluationRecord | undefined> {
    const record = this.#waiting.get(key) ?? this.#decoded(key, await this.#store.get(key));
    if (record) {
      const found = 'result' in record ? 'its result' : 'how far it was';
      this.#log.info({ evaluation: key }, `an evaluation is known: ${found}`);
    }
    return record;
  }

  /** Writes a record, in the background. */
  remember(key: string, record: EvaluationRecord): void {
    const queued = this.#waiting.has(key);
    this.#waiting.set(key, record);
    if (!queued) this.#writing = this.#writing.then(() => this.#write(key));
  }

  /** Resolves once all records are written, or were logged as lost. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #write(key: string): Promise<void> {
    const record = this.#waiting.get(key)!;
    try {
      // one number or two per example: JSON of a million of them would not fit into a message
      await this.#store.put(key, gzipSync(JSON.stringify(record)));
    } catch (error) {
      this.#log.warn({ evaluation: key, err: error }, 'what an evaluation found could not be stored');
    }
    if (this.#waiting.get(key) === record) this.#waiting.delete(key);
    else await this.#write(key);
  }

  #decoded(key: string, bytes: Uint8Array | undefined): EvaluationRecord | undefined {
    if (!bytes) return undefined;
    try {
      return JSON.parse(gunzipSync(bytes).toString()) as EvaluationRecord;
    } catch (error) {
      this.#log.warn(
        { evaluation: key, err: error },
        'what is stored of an evaluation can not be read; it starts anew',
      );
      return undefined;
    }
  }
}
