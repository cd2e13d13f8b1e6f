import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import type { Cost } from '../../proto/gen/winnow/v1/cost_pb.ts';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { type BestModel, type Run, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import { robustSummary } from './attack-summary.ts';
import { enumWord } from './enum-word.ts';
import { finiteOrNull } from './format.ts';
import { indexSetSummaries } from './index-set-summary.ts';
import type { RunLabel } from './run-labels.ts';
import { type RunSettings, runSettings } from './run-settings.ts';
import type { RunSummary } from './summary-schema.ts';

/** A run with the index sets that were made for it; sets may be missing, those given belong to the run. */
export interface RunRecord {
  run: Run;
  indexSets: IndexSet[];
}

/** One run of a summary, before it is compared with another: what was asked for, reached and spent. */
export function runSummary({ run, indexSets }: RunRecord, names: RunLabel): Omit<RunSummary, 'speedup'> {
  const settings = runSettings(run.spec);
  const sets = indexSetSummaries(run, indexSets, names.fileStem);
  const trainExamples = run.dataset?.trainExamples ?? null;
  return {
    ...settings,
    ...names,
    ...costSummary(run.cost),
    id: run.id,
    state: enumWord(RunState, run.state),
    failure: run.failure ? { reason: enumWord(ErrorReason, run.failure.reason), message: run.failure.message } : null,
    device: run.device,
    clean: finiteOrNull(run.result?.cleanAccuracy),
    best: bestSummary(run.best),
    robust: robustSummary(run.spec, run.result),
    indexSets: sets,
    trainExamples,
    validationExamples: run.dataset?.validationExamples ?? null,
    testExamples: run.dataset?.testExamples ?? null,
    datasetFingerprint: run.dataset?.fingerprint || null,
    checkpointSha256: run.checkpoint?.sha256 || null,
    epochsDone: run.epochsDone,
    keptShare: keptShare(settings, run.rounds.at(-1)?.kept, trainExamples),
    examplesTrained: run.history.reduce((sum, epoch) => sum + epoch.examples, 0),
    startedAt: isoTime(run.startedAt),
    endedAt: isoTime(run.endedAt),
  };
}

function bestSummary(best: BestModel | undefined): RunSummary['best'] {
  if (best === undefined) return null;
  const { epoch, result } = best;
  return { epoch, clean: finiteOrNull(result?.cleanAccuracy), robust: finiteOrNull(result?.robustAccuracy) };
}

function costSummary(cost: Cost | undefined): Pick<RunSummary, 'seconds' | 'passes'> {
  const seconds = cost?.seconds;
  return {
    seconds: {
      attack: finiteOrNull(seconds?.attack),
      update: finiteOrNull(seconds?.update),
      scoring: finiteOrNull(seconds?.scoring),
      waiting: finiteOrNull(seconds?.waiting),
      publishing: finiteOrNull(seconds?.publishing),
      total: finiteOrNull(seconds?.total),
      evaluation: finiteOrNull(seconds?.evaluation),
    },
    passes: { forward: finiteOrNull(cost?.passes?.forward), backward: finiteOrNull(cost?.passes?.backward) },
  };
}

function keptShare(settings: RunSettings, kept: number | undefined, trainExamples: number | null): number | null {
  if (settings.selection === null) return 1;
  return kept === undefined || !trainExamples ? null : kept / trainExamples;
}

function isoTime(time: Timestamp | undefined): string | null {
  return time === undefined ? null : timestampDate(time).toISOString();
}
