import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { RunSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import { invalidField } from '../app-error.ts';
import { readIndexSet } from '../index-set/check-index-set.ts';
import type { IndexSetHistory } from '../index-set/history.ts';
import { publishIndexSet } from '../index-set/publish.ts';
import { readOutcome } from '../index-set/read-outcome.ts';
import type { Bus } from '../platform/bus/connection.ts';
import type { Store } from '../platform/bus/key-value.ts';
import { lastGoodSet } from './last-good-set.ts';
import type { RoundKey } from './round-key.ts';

/** The index sets of runs that a trainer of its own makes, round by round. */
export class PublishedRounds {
  readonly #bus: Bus;
  readonly #history: IndexSetHistory;
  readonly #runs: Pick<Store<typeof RunSchema>, 'get'>;

  constructor(bus: Bus, history: IndexSetHistory, runs: Pick<Store<typeof RunSchema>, 'get'>) {
    this.#bus = bus;
    this.#history = history;
    this.#runs = runs;
  }

  /** INVALID_FIELD (setting.run_id) for a run of the training service, which asks for its sets itself. */
  async refuseTrainingRun(runId: string): Promise<void> {
    if (!(await this.#runs.get(runId))) return;
    throw invalidField('setting.run_id', `a run of the training service has the id '${runId}'; choose another`);
  }

  /** A round's set; undefined where there is none. */
  async find({ runId, round }: RoundKey, signal?: AbortSignal): Promise<IndexSet | undefined> {
    const finished = await this.#history.find(runId, round, signal);
    if (!finished || finished.outcome.case === 'failure') return undefined;
    return readOutcome(this.#bus, finished, signal);
  }

  /** Indices of the set of the round before; undefined where there is none of as many examples. */
  async previous({ runId, round }: RoundKey, examples: number, signal?: AbortSignal): Promise<Uint32Array | undefined> {
    const set = round > 0 ? await this.find({ runId, round: round - 1 }, signal) : undefined;
    return set?.datasetExamples === examples ? readIndexSet(set).indices : undefined;
  }

  /** The newest set of an earlier round; undefined where there is none of as many examples. */
  async last({ runId, round }: RoundKey, examples: number, signal?: AbortSignal): Promise<IndexSet | undefined> {
    const newest = round > 0 ? await this.#history.find(runId, undefined, signal) : undefined;
    if (!newest) return undefined;
    // rounds may be far apart, and each is a question
    const before = Math.min(round, newest.round + 1);
    const set = await lastGoodSet(this.#bus, this.#history, { runId, round: before }, signal);
    return set?.datasetExamples === examples ? set : undefined;
  }

  /** Publishes a round's set unless there is one; gives the one that there is then. */
  async publish(set: IndexSet, signal?: AbortSignal): Promise<IndexSet> {
    const before = await this.find(set, signal);
    if (before) return before;
    // two that come this far at once have one message id, and the stream keeps the first
    await publishIndexSet(this.#bus, set, signal);
    return (await this.find(set, signal)) ?? set;
  }
}
