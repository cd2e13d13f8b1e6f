import { z } from 'zod';

/** What tells the rows of a study apart: everything but the seed. */
export const rowKeySchema = z.object({
  dataset: z.string(),
  /** "at", "trades", "mart", or a baseline such as "fast-at". */
  objective: z.string(),
  /** "full" where nothing is pruned. */
  scorer: z.string(),
  /** Share kept; 1 for full data. */
  fraction: z.number().gt(0).max(1),
  /** Whether Bullet-Train spends the training attack. */
  bullet: z.boolean(),
  /** Share of the study's epochs that is trained; below 1 for the control with a pruned run's updates on full data. */
  epochsShare: z.number().gt(0).max(1),
});

/** A row of a study. */
export type RowKey = z.infer<typeof rowKeySchema>;

/** A row's name, which commands take: "cifar10/trades/adv-grad-match/0.3/bullet". */
export function rowName({ dataset, objective, scorer, fraction, bullet, epochsShare }: RowKey): string {
  const parts = [dataset, objective, scorer];
  if (fraction < 1) parts.push(String(fraction));
  if (epochsShare < 1) parts.push(`short-${epochsShare}`);
  if (bullet) parts.push('bullet');
  return parts.join('/');
}

/** Whether a row is what the others are measured against: full data, every example attacked in full. */
export function isBaseline({ scorer, fraction, bullet, epochsShare }: RowKey): boolean {
  return scorer === FULL && fraction === 1 && !bullet && epochsShare === 1;
}

/** The scorer's name where nothing is pruned. */
export const FULL = 'full';

/** The scorer that keeps examples at random: the control for all others. */
export const RANDOM = 'random';

/** Whether a row is a control rather than a scorer's: full data, or random examples. */
export function isControl({ scorer }: Pick<RowKey, 'scorer'>): boolean {
  return scorer === FULL || scorer === RANDOM;
}
