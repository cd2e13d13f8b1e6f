import { Precision } from '../../proto/gen/winnow/v1/model_pb.ts';
import { ObjectiveKind } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { type OptimiserSpec, type RunSpec, Schedule } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { attackSummary } from './attack-summary.ts';
import { enumWord } from './enum-word.ts';
import { finiteOrNull } from './format.ts';
import type { RunSummary } from './summary-schema.ts';

/** The scorer's name in a summary where nothing was pruned. */
export const FULL_DATA = 'full';

/** 2^53: the largest seed up to which every whole number is exact in JSON. */
const LARGEST_EXACT = 2n ** 53n;

/** What a run was asked to do: the part of its summary that comes from the spec. */
export type RunSettings = ReturnType<typeof runSettings>;

/** Reads everything that decides a result from a run's spec; an absent spec gives empty settings. */
export function runSettings(spec: RunSpec | undefined) {
  const seed = spec?.seed ?? 0n;
  return {
    name: spec?.name ?? '',
    dataset: spec?.dataset?.name ?? '',
    objective: enumWord(ObjectiveKind, spec?.objective?.kind ?? 0),
    scorer: spec?.selection?.scorer ?? FULL_DATA,
    fraction: spec?.selection === undefined ? 1 : finiteOrNull(spec.selection.fraction),
    epochs: spec?.epochs ?? 0,
    seed: seed > LARGEST_EXACT ? seed.toString() : Number(seed),
    // PRECISION_UNSPECIFIED means float32.
    precision: enumWord(Precision, spec?.precision || Precision.F32),
    model: modelSettings(spec),
    beta: finiteOrNull(spec?.objective?.beta),
    lambda: finiteOrNull(spec?.objective?.lambda),
    trainingAttack: attackSummary(spec?.objective?.attack),
    batchSize: spec?.batchSize ?? 0,
    optimiser: optimiserSettings(spec?.optimiser),
    augment: spec?.augment ?? null,
    selection: selectionSettings(spec?.selection),
  };
}

function modelSettings(spec: RunSpec | undefined): RunSummary['model'] {
  return {
    architecture: spec?.model?.architecture ?? '',
    depth: finiteOrNull(spec?.model?.depth),
    width: finiteOrNull(spec?.model?.width),
    dropout: finiteOrNull(spec?.model?.dropout),
  };
}

function optimiserSettings(optimiser: OptimiserSpec | undefined): RunSummary['optimiser'] {
  if (optimiser === undefined) return null;
  return {
    learningRate: finiteOrNull(optimiser.learningRate),
    momentum: finiteOrNull(optimiser.momentum),
    weightDecay: finiteOrNull(optimiser.weightDecay),
    // SCHEDULE_UNSPECIFIED means constant.
    schedule: enumWord(Schedule, optimiser.schedule || Schedule.CONSTANT),
    warmupUpdates: optimiser.warmupUpdates,
  };
}

function selectionSettings(selection: SelectionSpec | undefined): RunSummary['selection'] {
  if (selection === undefined) return null;
  const parameters = Object.entries(selection.parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    everyEpochs: Math.max(1, selection.everyEpochs),
    warmStartEpochs: selection.warmStartEpochs,
    maxStalenessEpochs: selection.maxStalenessEpochs,
    classFloor: finiteOrNull(selection.classFloor),
    parameters: Object.fromEntries(parameters.map(([name, value]) => [name, finiteOrNull(value)])),
    attack: attackSummary(selection.attack),
  };
}
