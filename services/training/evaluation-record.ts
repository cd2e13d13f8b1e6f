import type { JsonValue } from '@bufbuild/protobuf';
import type { AutoAttackState } from '../numerics/evaluation/autoattack-state.ts';
import type { SurvivorState } from '../numerics/evaluation/survivors.ts';

/** How far a stage is, and how long it took so far, all sittings together. */
export interface StageRecord<State> {
  readonly state: State;
  readonly seconds: number;
}

/** How far an evaluation is, by stage: those that have not begun are absent. Plain JSON. */
export interface EvaluationStages {
  /** PGD with restarts. */
  readonly pgd?: StageRecord<SurvivorState>;
  /** Random points, a check for masked gradients. */
  readonly noise?: StageRecord<SurvivorState>;
  /** PGD without a bound, another one. */
  readonly unbounded?: StageRecord<SurvivorState>;
  readonly autoAttack?: StageRecord<AutoAttackState>;
}

/** What is kept of an evaluation: how far it is, or its Evaluation in protobuf's JSON form. */
export type EvaluationRecord = { readonly stages: EvaluationStages } | { readonly result: JsonValue };
