import { describeAttack } from './attack-summary.ts';
import { formatNumber, formatShare, NOT_MEASURED } from './format.ts';
import { printable } from './printable.ts';
import type { RunSummary } from './summary-schema.ts';

/** A run's settings in words, one reader per row. */
const SETTINGS: readonly (readonly [label: string, read: (run: RunSummary) => string])[] = [
  ['run', (run) => run.id || NOT_MEASURED],
  ['state', (run) => (run.failure === null ? run.state : `${run.state}: ${run.failure.message}`)],
  ['started', (run) => run.startedAt ?? NOT_MEASURED],
  ['ended', (run) => run.endedAt ?? NOT_MEASURED],
  ['device', (run) => run.device || NOT_MEASURED],
  ['data set', describeDataset],
  ['data fingerprint', (run) => shortHash(run.datasetFingerprint)],
  ['model', describeModel],
  ['objective', describeObjective],
  ['training attack', (run) => describeAttack(run.trainingAttack)],
  ['evaluation', (run) => `${run.robust.attack}: ${describeAttack(run.robust)}`],
  ['optimiser', describeOptimiser],
  ['schedule', describeSchedule],
  ['epochs, batch size', (run) => `${run.epochs} epochs, ${run.batchSize} per batch`],
  ['seed', (run) => String(run.seed)],
  ['precision', (run) => run.precision],
  ['augmentation', (run) => (run.augment === null ? "the data set's default" : run.augment ? 'on' : 'off')],
  ['scorer', describeScorer],
  ['selection', describeSelection],
  ['scoring attack', describeScoringAttack],
  ['checkpoint', (run) => shortHash(run.checkpointSha256)],
];

/** Every setting that decides a result, with one cell per run. */
export function runSettingsRows(runs: readonly RunSummary[]): { label: string; cells: string[] }[] {
  return SETTINGS.map(([label, read]) => ({ label, cells: runs.map((run) => printable(read(run))) }));
}

/** Enough of a SHA-256 to find its file by; the whole is in summary.json. */
function shortHash(hash: string | null): string {
  return hash === null ? NOT_MEASURED : hash.slice(0, 12);
}

function describeDataset(run: RunSummary): string {
  if (run.trainExamples === null) return run.dataset;
  const heldOut = run.validationExamples ? `, ${run.validationExamples} held-out` : '';
  return `${run.dataset}: ${run.trainExamples} training${heldOut} and ${run.testExamples} test examples`;
}

function describeModel({ model }: RunSummary): string {
  const sizes = (['depth', 'width', 'dropout'] as const).flatMap((name) =>
    model[name] === null ? [] : [`${name} ${model[name]}`],
  );
  return [model.architecture, ...sizes].join(', ');
}

function describeObjective(run: RunSummary): string {
  const weights = (['beta', 'lambda'] as const).flatMap((name) => (run[name] === null ? [] : [`${name} ${run[name]}`]));
  return [run.objective.toUpperCase(), ...weights].join(', ');
}

function describeOptimiser({ optimiser }: RunSummary): string {
  if (optimiser === null) return NOT_MEASURED;
  const { learningRate, momentum, weightDecay } = optimiser;
  return `SGD, learning rate ${formatNumber(learningRate)}, momentum ${formatNumber(momentum)}, weight decay ${formatNumber(weightDecay)}`;
}

function describeSchedule({ optimiser }: RunSummary): string {
  if (optimiser === null) return NOT_MEASURED;
  return optimiser.warmupUpdates === 0
    ? optimiser.schedule
    : `${optimiser.schedule} after ${optimiser.warmupUpdates} updates of warm-up`;
}

function describeScorer(run: RunSummary): string {
  const versions = [...new Set(run.indexSets.flatMap((set) => set.scorerVersion ?? []))];
  return versions.length === 0 ? run.scorer : `${run.scorer}, version ${versions.join(' and ')}`;
}

function describeSelection({ selection, fraction }: RunSummary): string {
  if (selection === null) return 'none: all examples';
  const parameters = Object.entries(selection.parameters).map(([name, value]) => `${name} ${formatNumber(value)}`);
  return [
    `fraction ${formatNumber(fraction)} (${formatShare(fraction)})`,
    `every ${selection.everyEpochs} epochs after ${selection.warmStartEpochs} on all examples`,
    `at most ${selection.maxStalenessEpochs} epochs stale`,
    `class floor ${formatNumber(selection.classFloor)}`,
    ...parameters,
  ].join(', ');
}

function describeScoringAttack({ selection }: RunSummary): string {
  if (selection === null) return NOT_MEASURED;
  return selection.attack === null ? "the objective's" : describeAttack(selection.attack);
}
