import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type ScorerDescription,
  ScorerService,
  type ScoringSettingSchema,
} from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { createClient, openChannel, type RpcChannel, type RpcClient } from '../../platform/rpc/client.ts';
import type { ExampleSignals } from '../../selection/signals.ts';
import { type Answer, AnswerReader } from './answer-reader.ts';
import type { CallLimits } from './call-limits.ts';
import { retryWhileAway } from './retry-while-away.ts';
import { ContractBreach, quote, toScorerFailure } from './scorer-failure.ts';
import { signalBatches } from './signal-batches.ts';
import { StallTimer } from './stall-timer.ts';

/** Between two questions whether a scorer is ready. */
const READY_PAUSE_MS = 500;

/** Largest message taken from a scorer: the set of 1,280,000 examples with weights takes some 10 MB. */
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

/** What a scorer is asked for. */
export interface ScoringCall {
  readonly description: ScorerDescription;
  readonly setting: MessageInitShape<typeof ScoringSettingSchema> & {
    readonly examples: number;
    readonly keep: number;
  };
  /** All that the scorer asks for. */
  readonly signals: ExampleSignals;
  /** Told how many examples have been sent. */
  readonly onSent?: ((examples: number) => void) | undefined;
}

/**
 * A scorer that runs as a service, called within limits. Calls throw SCORER_FAILED with the scorer's name and what it did,
 * CANCELLED where the signal aborts.
 */
export class ScorerConnection {
  /** Empty where it is not known yet. */
  readonly name: string;
  readonly address: string;
  readonly #limits: CallLimits;
  readonly #channel: RpcChannel;
  readonly #client: RpcClient<typeof ScorerService>;

  constructor(scorer: { readonly name: string; readonly address: string }, limits: CallLimits) {
    this.name = scorer.name;
    this.address = scorer.address;
    this.#limits = limits;
    this.#channel = openChannel(scorer.address, { maxMessageBytes: LARGEST_ANSWER_BYTES });
    this.#client = createClient(ScorerService, this.#channel);
  }

  /** What the scorer says of itself, unchecked. `patient` tries again while it is away. */
  describe(options: { signal?: AbortSignal | undefined; patient: boolean }): Promise<ScorerDescription> {
    return this.#within(this.#limits.timeoutMs, options.signal, async (signal) => {
      const ask = () => this.#client.describeScorer({}, { signal, timeoutMs: this.#limits.askMs });
      const { scorer } = await (options.patient ? retryWhileAway(ask, this.#limits, signal) : ask());
      if (!scorer) throw new ContractBreach('did not describe itself');
      return scorer;
    });
  }

  /** Why the scorer can't score just now, in its own words; undefined where it can. Asked once. */
  notReady(signal?: AbortSignal): Promise<string | undefined> {
    return this.#within(this.#limits.askMs, signal, (within) => this.#notReady(within));
  }

  /** Waits until the scorer is ready. */
  untilReady(signal?: AbortSignal): Promise<void> {
    return this.#within(this.#limits.timeoutMs, signal, (within) => this.#untilReady(within));
  }

  /** Has all examples scored; once more from the start where the scorer goes away in between. */
  score(call: ScoringCall, signal?: AbortSignal): Promise<Answer> {
    return this.#within(this.#limits.timeoutMs, signal, (within) =>
      retryWhileAway(
        async () => {
          await this.#untilReady(within);
          return this.#scoreOnce(call, within);
        },
        this.#limits,
        within,
      ),
    );
  }

  close(): void {
    this.#channel.close();
  }

  async #notReady(signal: AbortSignal): Promise<string | undefined> {
    const { ready, detail } = await this.#client.checkReady({}, { signal, timeoutMs: this.#limits.askMs });
    return ready ? undefined : quote(detail) || 'it does not say why';
  }

  async #untilReady(signal: AbortSignal): Promise<void> {
    const end = Date.now() + this.#limits.readyMs;
    for (;;) {
      const detail = await retryWhileAway(() => this.#notReady(signal), this.#limits, signal);
      if (detail === undefined) return;
      if (Date.now() + READY_PAUSE_MS > end) {
        throw new ContractBreach(`was not ready within ${seconds(this.#limits.readyMs)}: ${detail}`);
      }
      await sleep(READY_PAUSE_MS, undefined, { signal });
    }
  }

  async #scoreOnce({ description, setting, signals, onSent }: ScoringCall, within: AbortSignal): Promise<Answer> {
    const { stallMs, timeoutMs } = this.#limits;
    const stall = new StallTimer(stallMs, () => new ContractBreach(`stood still for ${seconds(stallMs)}`));
    const signal = AbortSignal.any([within, stall.signal]);
    const requests = signalBatches(setting, signals, description.signals, (examples) => {
      onSent?.(examples);
      if (examples < signals.examples) stall.touch();
      else stall.rest();
    });
    const { examples, keep } = setting;
    const reader = new AnswerReader({ output: description.output, examples, keep });
    try {
      for await (const message of this.#client.scoreExamples(requests, { signal, timeoutMs })) {
        stall.touch();
        reader.add(message);
      }
      return reader.finish();
    } catch (error) {
      throw stall.signal.aborted ? stall.signal.reason : error;
    } finally {
      stall.rest();
    }
  }

  /** Runs calls under a time limit and the caller's signal; whatever they fail with becomes what the scorer did. */
  async #within<T>(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    calls: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new ContractBreach(`did not answer within ${seconds(timeoutMs)}`)),
      timeoutMs,
    );
    try {
      return await calls(signal ? AbortSignal.any([signal, late.signal]) : late.signal);
    } catch (error) {
      throw toScorerFailure(late.signal.aborted ? late.signal.reason : error, this, signal);
    } finally {
      clearTimeout(timer);
    }
  }
}

function seconds(ms: number): string {
  return ms >= 1000 ? `${Math.round(ms / 1000)} s` : `${ms} ms`;
}
