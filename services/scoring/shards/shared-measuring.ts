import type { SelectionRequested } from '../../../proto/gen/winnow/v1/events_pb.ts';
import type { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { Bus } from '../../platform/bus/connection.ts';
import { dropMessages } from '../../platform/bus/drop-messages.ts';
import { deleteObject, listObjects } from '../../platform/bus/objects.ts';
import { SHARD_ANSWER_STREAM, SHARD_BUCKET, SHARD_STREAM, shardSubjects } from '../../platform/bus/streams.ts';
import type { Log } from '../../platform/log.ts';
import { withSpan } from '../../platform/telemetry/trace.ts';
import type { DatasetLabels } from '../dataset-labels.ts';
import { needsAttack } from '../needs-attack.ts';
import { LEAST_PATIENCE_MS } from './backup-timer.ts';
import { gatherShards } from './gather-shards.ts';
import type { GatheredSignals } from './gathered-signals.ts';
import { shardTasks } from './shard-tasks.ts';

/** Has the measuring of a round done by all scoring replicas that there are, in shards. */
export class SharedMeasuring {
  readonly #bus: Bus;
  readonly #labels: Pick<DatasetLabels, 'of'>;
  readonly #log: Log;
  readonly #patienceMs: number;
  readonly #cut = new Set<string>();

  /** `patienceMs`: how long no shard is answered, at least, before those that are missing are asked for again. */
  constructor(bus: Bus, labels: Pick<DatasetLabels, 'of'>, log: Log, patienceMs = LEAST_PATIENCE_MS) {
    this.#bus = bus;
    this.#labels = labels;
    this.#log = log;
    this.#patienceMs = patienceMs;
  }

  /**
   * The signals of all training examples; undefined for a round that is not cut: of a small data set, by a scorer that
   * reads labels alone, or one that reuses training's signals. `request` is resolved. CANCELLED, INVALID_INDEX_SET, and what
   * a shard failed of.
   */
  async measure(
    request: SelectionRequested,
    needed: readonly Signal[],
    signal: AbortSignal,
  ): Promise<GatheredSignals | undefined> {
    if (!needsAttack(needed) || request.trainingSignals || !request.dataset) return undefined;
    const { runId, round, dataset, datasetFingerprint } = request;
    const { labels, classes } = await this.#labels.of(dataset, datasetFingerprint, signal);
    const tasks = shardTasks(request, needed, labels.length);
    if (tasks.length === 0) return undefined;
    this.#cut.add(`${runId}.${round}`);
    this.#log.info({ run: runId, round, shards: tasks.length }, 'the round is measured in shards');
    return withSpan('winnow.shards', { 'winnow.run_id': runId, 'winnow.round': round }, () =>
      gatherShards(this.#bus, tasks, { labels, classes, patienceMs: this.#patienceMs }, signal),
    );
  }

  /** Removes what is left of a round that was answered here, if it was cut. */
  async forget(runId: string, round: number): Promise<void> {
    if (this.#cut.delete(`${runId}.${round}`)) await this.drop(runId, round);
  }

  /** Removes a round's shards, whoever cut it: those that wait, their answers and signals. Logs where that fails; they expire. */
  async drop(runId: string, round: number): Promise<void> {
    const { requested, finished } = shardSubjects(runId, round);
    try {
      await dropMessages(this.#bus, SHARD_STREAM, requested);
      await dropMessages(this.#bus, SHARD_ANSWER_STREAM, finished);
      const names = await listObjects(this.#bus, SHARD_BUCKET);
      const own = names.filter((name) => name.startsWith(`${runId}.${round}.`));
      for (const name of own) await deleteObject(this.#bus, SHARD_BUCKET, name);
    } catch (error) {
      this.#log.warn({ run: runId, round, err: error }, 'what is left of a round in shards could not be removed');
    }
  }
}
