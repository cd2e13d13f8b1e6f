import type { RunSpec } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { FULL, RANDOM, type RowKey, rowName } from '../../../services/report/study/row-key.ts';
import { resolveSettings } from '../args/resolve-settings.ts';
import type { RunSettings } from '../args/run-settings.ts';
import { EVALUATION_STEPS_PER_RADIUS, runSpec } from '../args/run-spec.ts';
import type { StudyPlan } from './plan.ts';

/** One run that a study is to make. */
export interface PlannedCell {
  readonly row: RowKey;
  /** The row's name. */
  readonly name: string;
  readonly seed: number;
  readonly spec: RunSpec;
  readonly evaluation: PlannedEvaluation;
}

/** The strong evaluation of a cell's models. */
export interface PlannedEvaluation {
  readonly attack: {
    readonly epsilon: number;
    readonly stepSize: number;
    readonly steps: number;
    readonly restarts: number;
  };
  /** Test examples, 0 for all. */
  readonly examples: number;
  /** Whether the last model is evaluated too where another one is the best. */
  readonly last: boolean;
  /** Test examples of AutoAttack, which only the main model is put through; none where absent. */
  readonly autoAttackExamples?: number;
}

type Objective = StudyPlan['objectives'][number];
type Axes = Pick<RowKey, 'objective' | 'scorer' | 'fraction' | 'bullet' | 'epochsShare'>;

/** Rows of one objective: full data first, then per fraction the controls, then the scorers, each without and with Bullet-Train. */
function axesOf(plan: StudyPlan, objective: Objective): (Axes & { parameters: Record<string, number> })[] {
  const policies = plan.bulletTrain ? [false, true] : [false];
  const full = { objective, scorer: FULL, fraction: 1, epochsShare: 1, parameters: {} };
  const scorers = [{ name: RANDOM, parameters: {} }, ...plan.scorers.filter(({ name }) => name !== RANDOM)];
  const pruned = plan.fractions.flatMap((fraction) => [
    ...(plan.sameUpdates ? [{ ...full, epochsShare: fraction }] : []),
    ...scorers.map(({ name, parameters }) => ({ objective, scorer: name, fraction, epochsShare: 1, parameters })),
  ]);
  const withPolicies = (row: Omit<Axes, 'bullet'> & { parameters: Record<string, number> }) =>
    policies.filter((bullet) => !bullet || row.epochsShare === 1).map((bullet) => ({ ...row, bullet }));
  return [full, ...pruned].flatMap(withPolicies);
}

function settingsOf(
  plan: StudyPlan,
  { objective, fraction, bullet, epochsShare }: Axes,
  parameters: Record<string, number>,
): RunSettings {
  const settings = resolveSettings({
    ...plan.settings,
    objective: objective as RunSettings['objective'],
    fraction,
    attackPolicy: bullet ? 'bullet-train' : 'fixed',
    scorerParameter: parameters,
  });
  return { ...settings, epochs: Math.max(1, Math.round(settings.epochs * epochsShare)) };
}

/**
 * A study's cells in the order they are run: objective by objective, in each seed by seed, so that what is there after an
 * interruption is as complete as can be; baselines last.
 */
export function plannedCells(plan: StudyPlan): PlannedCell[] {
  const full = (objective: Objective) => [
    { objective, scorer: FULL, fraction: 1, epochsShare: 1, bullet: false, parameters: {} },
  ];
  return [
    ...plan.objectives.flatMap((objective) => cellsOf(plan, axesOf(plan, objective))),
    ...plan.baselines.flatMap((objective) => cellsOf(plan, full(objective))),
  ];
}

function cellsOf(plan: StudyPlan, rows: readonly (Axes & { parameters: Record<string, number> })[]): PlannedCell[] {
  return plan.seeds.flatMap((seed) =>
    rows.map(({ parameters, ...axes }) => {
      const row = { dataset: plan.settings.dataset, ...axes };
      const name = rowName(row);
      const scorer = axes.scorer === FULL ? undefined : axes.scorer;
      const settings = settingsOf(plan, axes, parameters);
      return {
        row,
        name,
        seed,
        spec: runSpec(settings, { name, seed, scorer }),
        evaluation: evaluationOf(plan, settings, seed),
      };
    }),
  );
}

function evaluationOf({ evaluation }: StudyPlan, { epsilon }: RunSettings, seed: number): PlannedEvaluation {
  const { steps, restarts, stepSize = epsilon / EVALUATION_STEPS_PER_RADIUS, examples, last, autoAttack } = evaluation;
  const suite = autoAttack && (autoAttack.seeds?.includes(seed) ?? true);
  return {
    attack: { epsilon, stepSize, steps, restarts },
    examples,
    last,
    ...(suite && { autoAttackExamples: autoAttack.examples }),
  };
}
