import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Evaluation, type Run, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { EvaluateModelRequestSchema } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import type { StrongEvaluation } from '../../../services/report/study/cell.ts';
import { makeCell, strongEvaluation } from '../../../services/report/study/make-cell.ts';
import type { ScoringClient } from '../../node/scoring-client.ts';
import type { TrainingClient } from '../../node/training-client.ts';
import { CliError } from '../cli-error.ts';
import { stateWord } from '../output/words.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { watchRun } from '../progress/watch-run.ts';
import type { CellStore, StoredCell } from './cell-store.ts';
import type { PlannedCell } from './cells.ts';

/** What cells are made with. */
export interface CellTools {
  readonly training: TrainingClient;
  readonly scoring: ScoringClient;
  readonly store: CellStore;
  readonly view: ProgressView;
  /** Told how far an evaluation is. */
  readonly onEvaluation: (phase: string, done: number, total: number) => void;
  readonly versions: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

type Progress = Omit<StoredCell, 'request'>;

/** Trains a cell's run, where that is not done yet, then makes the evaluations that are missing. Each step is kept as soon as it is done. */
export async function runCell(planned: PlannedCell, tools: CellTools): Promise<void> {
  let stored: Progress | undefined = tools.store.read(planned);
  if (stored?.complete) return;
  if (!stored) {
    stored = await trainCell(planned, tools);
    tools.store.write(planned, stored);
  }
  for (const { model, epoch, sha256, sizeBytes } of stored.models) {
    if (model === 'last' && stored.models.length > 1 && !planned.evaluation.last) continue;
    if (stored.cell.evaluations.some((made) => made.model === model)) continue;
    const checkpoint = { sha256, sizeBytes: BigInt(sizeBytes) };
    const main = model === stored.models[0]!.model;
    const evaluation = await evaluateModel(planned, checkpoint, main, tools);
    stored = { ...stored, cell: withEvaluation(stored.cell, strongEvaluation(model, epoch, evaluation)) };
    tools.store.write(planned, stored);
  }
  tools.store.write(planned, { ...stored, complete: true });
}

function withEvaluation(cell: Progress['cell'], evaluation: StrongEvaluation): Progress['cell'] {
  return { ...cell, evaluations: [...cell.evaluations, evaluation] };
}

async function trainCell(planned: PlannedCell, tools: CellTools): Promise<Progress> {
  const { training, scoring, view, signal } = tools;
  const created = await training.createRun(planned.spec, { signal });
  let run: Run;
  try {
    run = await watchRun(training, created, view, signal);
  } catch (error) {
    await training.cancelRun(created.id, { timeoutMs: CANCEL_TIMEOUT_MS }).catch(() => {});
    throw error;
  }
  if (run.state !== RunState.SUCCEEDED || !run.checkpoint) {
    throw new CliError(`${planned.name}, seed ${planned.seed}, ${stateWord(run.state)}: ${run.failure?.message ?? ''}`);
  }
  const indexSets = [];
  for (const { round } of run.rounds) indexSets.push(await scoring.getIndexSet(run.id, round, { signal }));
  return {
    complete: false,
    models: modelsOf(run),
    cell: makeCell(planned.row, { run, indexSets }, tools.versions),
  };
}

/** A service that is being stopped gets this long to take note that its run is cancelled. */
const CANCEL_TIMEOUT_MS = 3_000;

/** The best model first, then the last one where it is another. */
function modelsOf(run: Run): StoredCell['models'] {
  const { sha256, sizeBytes } = run.checkpoint!;
  const last = { model: 'last' as const, epoch: run.spec!.epochs - 1, sha256, sizeBytes: String(sizeBytes) };
  const best = run.best?.checkpoint;
  if (!best) return [last];
  const chosen = {
    model: 'best' as const,
    epoch: run.best!.epoch,
    sha256: best.sha256,
    sizeBytes: String(best.sizeBytes),
  };
  return best.sha256 === sha256 ? [chosen] : [chosen, last];
}

async function evaluateModel(
  { spec, evaluation }: PlannedCell,
  checkpoint: { sha256: string; sizeBytes: bigint },
  withSuite: boolean,
  tools: CellTools,
): Promise<Evaluation> {
  const { attack, examples, autoAttackExamples } = evaluation;
  const request = { dataset: spec.dataset!, model: spec.model!, checkpoint, seed: spec.seed };
  const found = await evaluate({ ...request, attack, examples }, tools);
  if (!withSuite || autoAttackExamples === undefined) return found;
  const { epsilon } = attack;
  const suite = await evaluate({ ...request, autoAttack: { epsilon }, examples: autoAttackExamples }, tools);
  return {
    ...found,
    seconds: found.seconds + suite.seconds,
    warnings: [...new Set([...found.warnings, ...suite.warnings])],
    ...(suite.autoAttack && { autoAttack: suite.autoAttack }),
  };
}

async function evaluate(
  request: MessageInitShape<typeof EvaluateModelRequestSchema>,
  { training, onEvaluation, signal }: CellTools,
): Promise<Evaluation> {
  for await (const part of training.evaluateModel(request, { signal })) {
    if (part.case === 'evaluation') return part.value;
    onEvaluation(part.value.phase, part.value.done, part.value.total);
  }
  throw new CliError('the training service sent no result; try again');
}
