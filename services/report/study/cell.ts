import { z } from 'zod';
import { attackSchema, runSchema } from '../summary-schema.ts';
import { rowKeySchema } from './row-key.ts';

const share = z.number().min(0).max(1);
const count = z.number().int().nonnegative();

const epochSchema = z.object({
  epoch: count,
  /** Since the run's first step, evaluation left out. */
  seconds: z.number(),
  updates: count,
  examples: count,
  loss: z.number().nullable(),
  trainRobust: share.nullable(),
  /** Where measured; `split` says on which examples. */
  clean: share.nullable(),
  robust: share.nullable(),
  split: z.enum(['test', 'validation']).nullable(),
  /** Examples in each of the attack policy's groups. */
  groups: z.record(z.string(), count),
});

const roundSchema = z.object({
  round: count,
  fromEpoch: count,
  kept: count,
  keptPerClass: z.array(count),
  overlap: share.nullable(),
  residual: z.number().nullable(),
  effectiveSampleSize: z.number().nullable(),
});

const autoAttackSchema = z.object({
  epsilon: z.number(),
  examples: count,
  robust: share,
  /** Accuracy after each attack, all before it included, in the suite's order. */
  after: z.array(z.object({ attack: z.string(), accuracy: share })),
  seconds: z.number(),
});

/** A strong evaluation of one of a run's models. */
export const strongEvaluationSchema = z.object({
  /** "best" by held-out PGD accuracy, or "last". */
  model: z.enum(['best', 'last']),
  /** Its epoch, from 0. */
  epoch: count,
  clean: share,
  pgd: attackSchema.extend({ accuracy: share, examples: count }),
  autoAttack: autoAttackSchema.nullable(),
  warnings: z.array(z.string()),
  seconds: z.number(),
});

/** How often a training example was kept over a run's rounds. */
const exampleSchema = z.object({ index: count, rounds: count, weight: z.number() });

/** One cell of a study: one run of one row with one seed, and how its models fared. */
export const cellSchema = z.object({
  row: rowKeySchema,
  seed: z.number().int().nonnegative(),
  run: runSchema.omit({ speedup: true }),
  classNames: z.array(z.string()),
  epochs: z.array(epochSchema),
  rounds: z.array(roundSchema),
  evaluations: z.array(strongEvaluationSchema),
  /** Examples kept most and least; empty for full data. */
  mostKept: z.array(exampleSchema),
  leastKept: z.array(exampleSchema),
  machine: z.record(z.string(), z.string()),
  versions: z.record(z.string(), z.string()),
});

/** A cell of a study. */
export type Cell = z.infer<typeof cellSchema>;
/** A strong evaluation. */
export type StrongEvaluation = z.infer<typeof strongEvaluationSchema>;
