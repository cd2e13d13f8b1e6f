import { setTimeout as sleep } from 'node:timers/promises';
import { equals } from '@bufbuild/protobuf';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type ScorerDescription, ScorerDescriptionSchema } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ListScorersResponseSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { AppError, invalidField } from '../../app-error.ts';
import type { Store } from '../../platform/bus/key-value.ts';
import { fromRecord, isBuiltIn, type KnownScorer, toRecord } from '../../spec/known-scorers.ts';
import type { CallLimits } from './call-limits.ts';
import { checkDescription } from './check-description.ts';
import type { AllowedAddresses } from './scorer-address.ts';
import { ScorerConnection } from './scorer-connection.ts';

/** Scorers that are known at a time; listing asks each whether it is ready. */
const MOST_SCORERS = 100;

/** How long a listing waits for the bus. */
const SOON_MS = 2_000;

/** What a registry works with. */
export interface RegistryDependencies {
  readonly store: Pick<Store<typeof ListScorersResponseSchema>, 'get' | 'put' | 'delete' | 'list'>;
  readonly allowed: AllowedAddresses;
  readonly limits: CallLimits;
}

/** The scorers that run as services, the same for all replicas. */
export class ScorerRegistry {
  readonly #store: RegistryDependencies['store'];
  readonly #allowed: AllowedAddresses;
  readonly limits: CallLimits;
  #lastListed: readonly KnownScorer[] = [];

  constructor({ store, allowed, limits }: RegistryDependencies) {
    this.#store = store;
    this.#allowed = allowed;
    this.limits = limits;
  }

  /** All of them, by name in alphabetical order. */
  async list(): Promise<KnownScorer[]> {
    const known = (await this.#store.list()).flatMap(({ value }) => fromRecord(value) ?? []);
    return known.sort((a, b) => (a.description.name < b.description.name ? -1 : 1));
  }

  /** All of them as `list`; those last listed where the bus does not answer soon. */
  async listSoon(): Promise<readonly KnownScorer[]> {
    const timer = new AbortController();
    const late = sleep(SOON_MS, undefined, { signal: timer.signal }).catch(() => undefined);
    const listing = this.list();
    // one that comes too late is for the next caller
    listing.then(
      (known) => {
        this.#lastListed = known;
      },
      () => {},
    );
    try {
      return (await Promise.race([listing, late])) ?? this.#lastListed;
    } finally {
      timer.abort();
    }
  }

  /** Descriptions of all where the name may be one of theirs; none for a built-in scorer. */
  async describedFor(name: string | undefined): Promise<ScorerDescription[]> {
    if (!name || isBuiltIn(name)) return [];
    return (await this.list()).map(({ description }) => description);
  }

  /** The scorer of a name. UNKNOWN_SCORER. */
  async find(name: string): Promise<KnownScorer> {
    const entry = NAME.test(name) ? await this.#store.get(name) : undefined;
    const known = entry && fromRecord(entry.value);
    if (known) return known;
    throw new AppError(ErrorReason.UNKNOWN_SCORER, `no scorer that runs as a service is named '${name}'; register it`);
  }

  /** A connection to a known scorer. INVALID_FIELD (address) where this replica may not call it. */
  connect({ address, description: { name } }: KnownScorer): ScorerConnection {
    this.#allowed.check(address);
    return new ScorerConnection({ name, address }, this.limits);
  }

  /**
   * Asks the scorer at an address what it is and makes it known. INVALID_FIELD (address) for an address that is not allowed,
   * a description that breaks the contract, and the name of another scorer; SCORER_FAILED where it does not answer.
   */
  async register(
    address: string,
    options: { configured?: boolean; signal?: AbortSignal | undefined } = {},
  ): Promise<ScorerDescription> {
    this.#allowed.check(address);
    const connection = new ScorerConnection({ name: '', address }, this.limits);
    try {
      const description = await connection.describe({ signal: options.signal, patient: false });
      await this.update({ description, address, configured: options.configured ?? false });
      return description;
    } finally {
      connection.close();
    }
  }

  /** Brings what is known of a scorer up to date. INVALID_FIELD (address) as `register`. */
  async update(scorer: KnownScorer): Promise<void> {
    const { description, address, configured } = scorer;
    checkDescription(description, address);
    const { name } = description;
    const entry = await this.#store.get(name);
    const before = entry && fromRecord(entry.value);
    if (before?.configured && !configured) {
      if (before.address === address) return this.#put({ ...scorer, configured: true }, before);
      throw invalidField(
        'address',
        `the name '${name}' is that of the configured scorer at ${before.address}; rename it`,
      );
    }
    if (!before && (await this.#store.list()).length >= MOST_SCORERS) {
      throw new AppError(ErrorReason.OVERLOADED, `${MOST_SCORERS} scorers are registered already; unregister some`);
    }
    await this.#put(scorer, before);
  }

  /** Forgets a registered scorer. UNKNOWN_SCORER; WRONG_STATE for a configured one. */
  async unregister(name: string): Promise<void> {
    const { configured, address } = await this.find(name);
    if (configured) {
      const remedy = `take ${address} out of the scoring service's WINNOW_SCORERS`;
      throw new AppError(ErrorReason.WRONG_STATE, `'${name}' is from the configuration; ${remedy}`);
    }
    await this.#store.delete(name);
  }

  /** Forgets configured scorers at addresses that are no longer in the configuration. */
  async forgetOthers(configured: readonly string[]): Promise<void> {
    for (const scorer of await this.list()) {
      if (scorer.configured && !configured.includes(scorer.address)) await this.#store.delete(scorer.description.name);
    }
  }

  async #put(scorer: KnownScorer, before: KnownScorer | undefined): Promise<void> {
    const isSame =
      before?.address === scorer.address &&
      before.configured === scorer.configured &&
      equals(ScorerDescriptionSchema, before.description, scorer.description);
    if (!isSame) await this.#store.put(scorer.description.name, toRecord(scorer));
  }
}

/** What can be a key of the bucket. */
const NAME = /^[a-z0-9-]+$/;
