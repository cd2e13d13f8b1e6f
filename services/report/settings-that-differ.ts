import type { RunSummary } from './summary-schema.ts';

/** Settings that should be equal in two runs of which only one is pruned, by the words a reader knows them by. */
const COMPARED: readonly (readonly [name: string, read: (run: RunSummary) => unknown])[] = [
  ['data set', (run) => [run.dataset, run.datasetFingerprint]],
  ['held-out examples', (run) => run.validationExamples],
  ['model', (run) => run.model],
  ['objective', (run) => [run.objective, run.beta, run.lambda]],
  ['training attack', (run) => run.trainingAttack],
  ['optimiser', (run) => run.optimiser],
  ['epochs', (run) => run.epochs],
  ['batch size', (run) => run.batchSize],
  ['seed', (run) => String(run.seed)],
  ['precision', (run) => run.precision],
  ['augmentation', (run) => run.augment],
  ['device', (run) => run.device],
  ['evaluation', ({ robust: { accuracy: _, ...attack } }) => attack],
];

/** Names of the settings, pruning aside, in which two runs differ; each is a reason to read their comparison with care. */
export function settingsThatDiffer(a: RunSummary, b: RunSummary): string[] {
  return COMPARED.filter(([, read]) => JSON.stringify(read(a)) !== JSON.stringify(read(b))).map(([name]) => name);
}
