import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ratioIn } from '../args/numbers.ts';
import { objectiveNames, precisionNames } from '../args/run-settings.ts';
import { CliError } from '../cli-error.ts';

const whole = z.number().int().nonnegative();
const positive = z.number().int().positive();

/** A decimal, or a ratio in quotes such as "8/255". */
const ratio = z.union([z.number(), z.string()]).transform((value, context) => {
  if (typeof value === 'number') return value;
  try {
    return ratioIn({})(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'is no number and no ratio such as "8/255"' });
    return z.NEVER;
  }
});

/** What the options of `run create` are called in a file. The services check values; here only names and kinds are. */
const settingsSchema = z.strictObject({
  dataset: z.string(),
  trainExamples: whole.optional(),
  testExamples: whole.optional(),
  validationExamples: whole.optional(),
  model: z.string().optional(),
  depth: positive.optional(),
  width: positive.optional(),
  dropout: z.number().optional(),
  beta: z.number().optional(),
  lambda: z.number().optional(),
  epsilon: ratio.optional(),
  stepSize: ratio.optional(),
  steps: whole.optional(),
  learningRate: z.number().optional(),
  momentum: z.number().optional(),
  weightDecay: z.number().optional(),
  schedule: z.enum(['constant', 'cosine', 'step']).optional(),
  warmupUpdates: whole.optional(),
  epochs: positive.optional(),
  batchSize: positive.optional(),
  augment: z.boolean().optional(),
  precision: z.enum(precisionNames).optional(),
  selectEvery: positive.optional(),
  warmStart: whole.optional(),
  maxStaleness: whole.optional(),
  classFloor: z.number().optional(),
  scoreSteps: whole.optional(),
  scoreStepSize: ratio.optional(),
  reuseSignals: z.boolean().optional(),
  evalSteps: whole.optional(),
  evalStepSize: ratio.optional(),
  evalRestarts: positive.optional(),
  evalExamples: whole.optional(),
  evalEvery: whole.optional(),
  evalProgressExamples: whole.optional(),
});

const scorerSchema = z.union([
  z.string().transform((name) => ({ name, parameters: {} as Record<string, number> })),
  z.strictObject({ name: z.string(), parameters: z.record(z.string(), z.number()).default({}) }),
]);

const evaluationSchema = z.strictObject({
  /** PGD's steps and restarts; each step a quarter of the radius unless given. */
  steps: positive.default(50),
  restarts: positive.default(10),
  stepSize: ratio.optional(),
  /** Test examples, 0 for all. */
  examples: whole.default(0),
  /** Whether the last model is measured too where another one was better on held-out examples. */
  last: z.boolean().default(true),
  /** AutoAttack on that many test examples, for cells of these seeds; for none where unset. */
  autoAttack: z.strictObject({ examples: whole.default(0), seeds: z.array(whole).optional() }).optional(),
});

const planSchema = z.strictObject({
  settings: settingsSchema,
  objectives: z.array(z.enum(objectiveNames)).min(1),
  /** Objectives trained on full data only, to be seen beside the others. */
  baselines: z.array(z.enum(objectiveNames)).default([]),
  scorers: z.array(scorerSchema).default([]),
  fractions: z.array(z.number().gt(0).lt(1)).min(1),
  /** Whether every row is repeated with Bullet-Train. */
  bulletTrain: z.boolean().default(false),
  seeds: z.array(whole).min(1).default([1]),
  /** Whether full data is also trained for a pruned run's share of the epochs. */
  sameUpdates: z.boolean().default(true),
  evaluation: evaluationSchema.default(evaluationSchema.parse({})),
});

/** A study: what is compared, how it is trained and how it is evaluated. */
export type StudyPlan = z.infer<typeof planSchema>;

/** Reads and checks a plan. Throws a CliError that names the field. */
export function readPlan(path: string): StudyPlan {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`${path} can't be read (${(error as Error).message}); give the plan's file`);
  }
  return parsePlan(parseJson(text, path), path);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${path} is no JSON: ${(error as Error).message}`);
  }
}

/** Checks a plan; `path` is what errors call it. */
export function parsePlan(value: unknown, path: string): StudyPlan {
  const parsed = planSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path: field, message }) => `${field.join('.') || 'the plan'}: ${message}`,
  );
  throw new CliError(`${path}: ${problems.join('; ')}`);
}
