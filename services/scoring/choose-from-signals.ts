import { create } from '@bufbuild/protobuf';
import { CostSchema } from '../../proto/gen/winnow/v1/cost_pb.ts';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';
import type { WorkThread } from '../platform/thread/work-thread.ts';
import { resolveSelection } from '../spec/selection.ts';
import type { ExternalSelection } from './external-scorers/external-selection.ts';
import { fallBack } from './external-scorers/fall-back.ts';
import type { FollowOptions } from './follow-options.ts';
import type { PublishedRounds } from './published-rounds.ts';
import type { Received } from './received-signals.ts';
import type { ScoreProgress } from './score-messages.ts';
import type { SelectSignalsRequest, SelectSignalsResult } from './select-signals.ts';
import type { SignalsTask } from './signals-setting.ts';
import { toIndexSet } from './to-index-set.ts';

/** Who selects from signals. */
export interface SignalsChoosers {
  readonly thread: Pick<WorkThread, 'run'>;
  /** Scorers that run as services. */
  readonly external: Pick<ExternalSelection, 'selectSignals'>;
  readonly rounds: Pick<PublishedRounds, 'last'>;
}

/** What was received, and the set of the round before. */
export type SignalsAtHand = Received & { readonly previous?: Uint32Array };

/** Buffers that go over to the tensor thread. */
function buffersOf({ signals, reduced }: Received): ArrayBuffer[] {
  const arrays = [...Object.values(signals), reduced].filter((value) => ArrayBuffer.isView(value));
  return arrays.filter(({ byteLength }) => byteLength > 0).map(({ buffer }) => buffer as ArrayBuffer);
}

/** The message of the set, as yet unpublished. */
function indexSetOf(task: SignalsTask, selection: SelectionSpec, result: SelectSignalsResult): IndexSet {
  const { seed, runId, round, datasetFingerprint: fingerprint, examples: trainExamples } = task;
  const { seconds, ...subset } = result;
  const cost = create(CostSchema, { seconds: { scoring: seconds, total: seconds } });
  return toIndexSet(
    { seed },
    selection,
    { runId, round },
    { ...subset, dataset: { fingerprint, trainExamples }, cost },
  );
}

/** The set of a selection from signals; what was received may be the tensor thread's then. SCORER_FAILED, CANCELLED. */
export async function chooseFromSignals(
  task: SignalsTask,
  atHand: SignalsAtHand,
  { thread, external, rounds }: SignalsChoosers,
  follow: FollowOptions,
): Promise<IndexSet> {
  const { objective, selection, k, seed, runId, round, examples, datasetFingerprint } = task;
  const request: SelectSignalsRequest = { ...atHand, objective, selection, k, seed };
  const builtIn = async (asked: SelectSignalsRequest) => {
    const result = await thread.run<SelectSignalsResult>('selectSignals', asked, {
      signal: follow.signal,
      transfer: buffersOf(asked),
      onProgress: (progress) => follow.onProgress?.(progress as ScoreProgress),
    });
    return indexSetOf(task, asked.selection, result);
  };
  if (!task.scorer.isService) return builtIn(request);
  try {
    return indexSetOf(task, selection, await external.selectSignals(request, { runId, round }, follow));
  } catch (error) {
    const failed = { target: request, selection, purpose: { runId, round, expectedFingerprint: datasetFingerprint } };
    const select = async (target: SelectSignalsRequest, asked: SelectionSpec) => ({
      set: await builtIn({ ...target, selection: resolveSelection(asked, 'setting.selection') }),
    });
    const lastSet = () => (runId ? rounds.last(task, examples, follow.signal) : Promise.resolve(undefined));
    return fallBack(error, failed, { scorer: { select }, lastSet }, follow);
  }
}
