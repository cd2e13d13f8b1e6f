import type { ExampleBatch } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { SelectFromSignalsRequest, SignalsSetting } from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { invalidField } from '../app-error.ts';
import { nextWithin } from '../platform/next-within.ts';

/** A caller may attack a batch before it sends it; one that sends nothing for longer gives its memory back. */
const LONGEST_PAUSE_MS = 10 * 60_000;

/** Reads a stream of signals: the setting, then batches. */
export class SignalStream {
  readonly #requests: AsyncIterator<SelectFromSignalsRequest>;

  constructor(requests: AsyncIterable<SelectFromSignalsRequest>) {
    this.#requests = requests[Symbol.asyncIterator]();
  }

  /** The first message. INVALID_FIELD where it is no setting. */
  async setting(): Promise<SignalsSetting> {
    const part = await this.#next();
    if (part?.case === 'setting') return part.value;
    const found = part?.case === 'batch' ? 'came after a batch' : 'is missing';
    throw invalidField('setting', `${found}; the first message of the stream has it`);
  }

  /** The next batch; undefined at the end. INVALID_FIELD for a message that is none; CANCELLED after a long pause. */
  async batch(): Promise<ExampleBatch | undefined> {
    const part = await this.#next();
    if (!part || part.case === 'batch') return part?.value;
    if (part.case === 'setting') throw invalidField('setting', 'came twice; every message but the first has a batch');
    throw invalidField('batch', 'is missing; every message but the first has a batch');
  }

  /** Says that no more is read. */
  close(): void {
    // not awaited: it would wait for a message that is still being waited for
    this.#requests.return?.().catch(() => {});
  }

  async #next(): Promise<SelectFromSignalsRequest['part'] | undefined> {
    return (await nextWithin(this.#requests, LONGEST_PAUSE_MS))?.part;
  }
}
