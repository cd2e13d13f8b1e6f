import { z } from 'zod';

// z.number() refuses NaN and the infinities, so a summary that passes never holds one.
const measured = z.number().nullable();
const count = z.number().int().nonnegative();
const share = z.number().min(0).max(1).nullable();

/** Baseline cost over this run's cost, by seconds and by forward and backward passes; null where there is nothing to compare. */
const speedupSchema = z.object({ seconds: measured, passes: measured });

/** An attack's exact values. */
export const attackSchema = z.object({ epsilon: measured, stepSize: measured, steps: count, restarts: count });

const secondsSchema = z.object({
  attack: measured,
  update: measured,
  scoring: measured,
  waiting: measured,
  publishing: measured,
  total: measured,
  evaluation: measured,
});

const selectionSchema = z.object({
  everyEpochs: count,
  warmStartEpochs: count,
  maxStalenessEpochs: count,
  classFloor: measured,
  parameters: z.record(z.string(), measured),
  attack: attackSchema.nullable(),
});

const indexSetSchema = z.object({
  round: count,
  /** First epoch trained on it, from 0; null if it never was. */
  fromEpoch: count.nullable(),
  kept: count,
  residual: measured,
  effectiveSampleSize: measured,
  overlap: share,
  /** Path below the report's folder; null where the set itself is not at hand. */
  file: z.string().nullable(),
  scorerVersion: z.string().nullable(),
  /** What took the place of the scorer's set, and why, where it failed. */
  fallback: z.string().optional(),
});

/** One run of a summary, or of a study. */
export const runSchema = z.object({
  name: z.string(),
  dataset: z.string(),
  /** "at", "trades" or "mart". */
  objective: z.string(),
  /** "full" for a run that is not pruned. */
  scorer: z.string(),
  fraction: measured,
  epochs: count,
  /** A string above 2^53, where JSON's numbers are no longer exact. */
  seed: z.union([z.string().regex(/^\d+$/), z.number().nonnegative()]),
  precision: z.string(),
  clean: share,
  /** The best model on held-out examples, measured as the final one is; null where none were held out. Epoch from 0. */
  best: z.object({ epoch: count, clean: share, robust: share }).nullable(),
  robust: attackSchema.extend({ attack: z.string(), accuracy: share, examples: count.nullable() }),
  seconds: secondsSchema,
  passes: z.object({ forward: measured, backward: measured }),
  indexSets: z.array(indexSetSchema),
  id: z.string(),
  /** The name made printable and unique within the report. */
  label: z.string(),
  /** The label as a safe file name. */
  fileStem: z.string(),
  /** "succeeded", "failed", "cancelled" .. */
  state: z.string(),
  failure: z.object({ reason: z.string(), message: z.string() }).nullable(),
  device: z.string(),
  model: z.object({ architecture: z.string(), depth: measured, width: measured, dropout: measured }),
  beta: measured,
  lambda: measured,
  trainingAttack: attackSchema.nullable(),
  batchSize: count,
  optimiser: z
    .object({
      learningRate: measured,
      momentum: measured,
      weightDecay: measured,
      schedule: z.string(),
      warmupUpdates: count,
    })
    .nullable(),
  augment: z.boolean().nullable(),
  selection: selectionSchema.nullable(),
  trainExamples: count.nullable(),
  /** Held out of training. */
  validationExamples: count.nullable(),
  testExamples: count.nullable(),
  datasetFingerprint: z.string().nullable(),
  checkpointSha256: z.string().nullable(),
  epochsDone: count,
  /** Examples of the last round applied over all training examples; 1 for a run that is not pruned. */
  keptShare: share,
  /** Examples trained on, summed over epochs. */
  examplesTrained: count,
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  /** Against the baseline; null for the baseline itself. */
  speedup: speedupSchema,
});

/** The shape of summary.json. */
export const summarySchema = z.object({
  runs: z.array(runSchema),
  /** Of the last pruned run against the baseline. */
  speedup: speedupSchema,
  /** Label of the run that the others are compared with. */
  baseline: z.string().nullable(),
  /** Label of the last pruned run, the one that `speedup` speaks of. */
  compared: z.string().nullable(),
  /** Versions of the software, by name. */
  versions: z.record(z.string(), z.string()),
});

/** What a report says, as data. */
export type Summary = z.infer<typeof summarySchema>;
/** One run of a summary. */
export type RunSummary = z.infer<typeof runSchema>;
/** One index set of a run. */
export type IndexSetSummary = z.infer<typeof indexSetSchema>;
/** An attack's exact values. */
export type AttackSummary = z.infer<typeof attackSchema>;
/** How much cheaper than the baseline a run was. */
export type Speedup = z.infer<typeof speedupSchema>;
