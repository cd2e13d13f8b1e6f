import { cpus, totalmem } from 'node:os';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { type EpochMetrics, type Evaluation, type Run, Split } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { attackSummary } from '../attack-summary.ts';
import { finiteOrNull } from '../format.ts';
import { type RunRecord, runSummary } from '../run-summary.ts';
import type { Cell, StrongEvaluation } from './cell.ts';
import { keptExtremes } from './kept-extremes.ts';
import { type RowKey, rowName } from './row-key.ts';

const GIB = 1024 ** 3;

function epochOf(metrics: EpochMetrics): Cell['epochs'][number] {
  const { evaluation } = metrics;
  return {
    epoch: metrics.epoch,
    seconds: metrics.seconds,
    updates: metrics.updates,
    examples: metrics.examples,
    loss: finiteOrNull(metrics.loss),
    trainRobust: finiteOrNull(metrics.trainRobustAccuracy),
    clean: finiteOrNull(evaluation?.cleanAccuracy),
    robust: finiteOrNull(evaluation?.robustAccuracy),
    split: evaluation ? (evaluation.split === Split.VALIDATION ? 'validation' : 'test') : null,
    groups: { ...metrics.attackGroups },
  };
}

function roundsOf(run: Run, indexSets: readonly IndexSet[]): Cell['rounds'] {
  return run.rounds.map(({ round, fromEpoch, kept, quality }) => ({
    round,
    fromEpoch,
    kept,
    keptPerClass: quality?.keptPerClass ?? indexSets.find((set) => set.round === round)?.quality?.keptPerClass ?? [],
    overlap: finiteOrNull(quality?.overlap),
    residual: finiteOrNull(quality?.residual),
    effectiveSampleSize: finiteOrNull(quality?.effectiveSampleSize),
  }));
}

/** A strong evaluation as a study keeps it. */
export function strongEvaluation(
  model: StrongEvaluation['model'],
  epoch: number,
  evaluation: Evaluation,
): StrongEvaluation {
  const { autoAttack } = evaluation;
  const attack = attackSummary(evaluation.attack) ?? { epsilon: null, stepSize: null, steps: 0, restarts: 1 };
  return {
    model,
    epoch,
    clean: evaluation.cleanAccuracy,
    pgd: { ...attack, accuracy: evaluation.robustAccuracy, examples: evaluation.examples },
    autoAttack: autoAttack
      ? {
          epsilon: autoAttack.epsilon,
          examples: autoAttack.examples,
          robust: autoAttack.robustAccuracy,
          after: autoAttack.attacks.map(({ attack: name, accuracy }) => ({ attack: name, accuracy })),
          seconds: autoAttack.seconds,
        }
      : null,
    warnings: [...evaluation.warnings],
    seconds: evaluation.seconds,
  };
}

/** This machine in words, for results that only compare on one. */
function machine(): Cell['machine'] {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: String(cpus().length),
    memory: `${Math.round(totalmem() / GIB)} GiB`,
  };
}

/** A finished run of a study as a cell, before its models are evaluated. */
export function makeCell(row: RowKey, record: RunRecord, versions: Readonly<Record<string, string>>): Cell {
  const { run, indexSets } = record;
  const label = rowName(row);
  return {
    row,
    seed: Number(run.spec?.seed ?? 0n),
    run: runSummary(record, { label, fileStem: label.replaceAll('/', '_') }),
    classNames: run.dataset?.classNames ?? [],
    epochs: run.history.map(epochOf),
    rounds: roundsOf(run, indexSets),
    evaluations: [],
    ...keptExtremes(indexSets),
    machine: machine(),
    versions: { ...versions },
  };
}
