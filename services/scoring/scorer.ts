import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { getObject } from '../platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../platform/bus/streams.ts';
import { withSpan } from '../platform/telemetry/trace.ts';
import type { WorkThread } from '../platform/thread/work-thread.ts';
import { isBuiltIn } from '../spec/known-scorers.ts';
import type { ExternalSelection } from './external-scorers/external-selection.ts';
import type { FollowOptions } from './follow-options.ts';
import type { ResolvedTarget } from './resolve-target.ts';
import type {
  ScoreProgress,
  ScoreRequest,
  ScoreResult,
  SelectRequest,
  SelectResult,
  Target,
} from './score-messages.ts';
import { gatheredBuffers } from './shards/gathered-signals.ts';
import { type SelectionPurpose, toIndexSet } from './to-index-set.ts';

/** What a selection gave. */
export interface Selected {
  readonly set: IndexSet;
  readonly result: SelectResult;
}

/** Fetches checkpoints and has the tensor thread score and select, with a scorer that runs as a service where one is asked for. */
export class Scorer {
  readonly #bus: Bus;
  readonly #thread: WorkThread;
  readonly #external: Pick<ExternalSelection, 'select' | 'score'>;

  constructor(bus: Bus, thread: WorkThread, external: Pick<ExternalSelection, 'select' | 'score'>) {
    this.#bus = bus;
    this.#thread = thread;
    this.#external = external;
  }

  /** One score per example of a target. */
  async score(
    target: ResolvedTarget,
    scorer: string,
    parameters: Record<string, number>,
    follow: FollowOptions,
  ): Promise<ScoreResult> {
    return withSpan('winnow.score', { 'winnow.scorer': scorer, 'winnow.dataset': target.dataset.name }, async () => {
      const request: ScoreRequest = { target: await this.#load(target, follow.signal), scorer, parameters };
      if (!isBuiltIn(scorer)) return this.#external.score(request, follow);
      return this.#thread.run<ScoreResult>('score', request, this.#follow(follow));
    });
  }

  /** The index set of a selection, and what else came of it; the selection is resolved. */
  async select(
    target: ResolvedTarget,
    selection: SelectionSpec,
    purpose: SelectionPurpose,
    follow: FollowOptions,
  ): Promise<Selected> {
    const attributes = {
      'winnow.scorer': selection.scorer,
      'winnow.dataset': target.dataset.name,
      'winnow.round': purpose.round,
    };
    return withSpan('winnow.select', attributes, async () => {
      const { runId, round, ...given } = purpose;
      const request: SelectRequest = { target: await this.#load(target, follow.signal), selection, ...given };
      const result = isBuiltIn(selection.scorer)
        ? await this.#thread.run<SelectResult>('select', request, {
            ...this.#follow(follow),
            transfer: purpose.gathered && gatheredBuffers(purpose.gathered),
          })
        : await this.#external.select(request, { runId, round }, follow);
      return { set: toIndexSet(target, selection, purpose, result), result };
    });
  }

  async #load({ checkpoint, ...target }: ResolvedTarget, signal: AbortSignal | undefined): Promise<Target> {
    if (!checkpoint) return target;
    const { sha256 } = checkpoint;
    return { ...target, checkpoint: await getObject(this.#bus, CHECKPOINT_BUCKET, sha256, { sha256, signal }) };
  }

  #follow({ signal, onProgress }: FollowOptions) {
    return { signal, onProgress: (progress: unknown) => onProgress?.(progress as ScoreProgress) };
  }
}
