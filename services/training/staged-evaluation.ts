import { type AutoAttackProgress, type AutoAttackResult, autoAttack } from '../numerics/evaluation/autoattack.ts';
import type { PhaseProgress } from '../numerics/evaluation/phase-progress.ts';
import { type EvaluationAttack, type Robustness, robustness } from '../numerics/evaluation/robustness.ts';
import type { ExampleSource } from '../numerics/evaluation/run-rounds.ts';
import type { SurvivorState } from '../numerics/evaluation/survivors.ts';
import type { Model } from '../numerics/models/model.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import type { EvaluationStages } from './evaluation-record.ts';
import type { AttackProgress } from './run-messages.ts';
import { Throttle } from './throttle.ts';

/** Shortest time between two messages of progress. */
const PROGRESS_INTERVAL_MS = 250;

/** Shortest time between two writings of the state, but for those where an attack ends. */
const KEEP_INTERVAL_MS = 2_000;

/** What an evaluation attacks. */
export interface EvaluationTarget {
  readonly model: Model;
  readonly source: ExampleSource;
  readonly seed: bigint;
}

/** What an evaluation tells. */
export interface EvaluationCallbacks {
  /** At most a few times a second, and where an attack ends. */
  readonly onProgress: (progress: AttackProgress) => void;
  /** At most every few seconds, and where an attack ends; another evaluation goes on from it. */
  readonly onStages: (stages: EvaluationStages) => void;
}

type PgdStage = Exclude<keyof EvaluationStages, 'autoAttack'>;

/** Runs the stages of an evaluation, each from where it was. Errors: CANCELLED. */
export class StagedEvaluation {
  readonly #target: EvaluationTarget;
  readonly #context: WorkContext;
  readonly #callbacks: EvaluationCallbacks;
  readonly #progressDue = new Throttle(PROGRESS_INTERVAL_MS);
  readonly #keepingDue = new Throttle(KEEP_INTERVAL_MS);
  #stages: EvaluationStages;
  #robust: ReadonlySet<number> | undefined;

  constructor(
    target: EvaluationTarget,
    context: WorkContext,
    callbacks: EvaluationCallbacks,
    stages: EvaluationStages = {},
  ) {
    this.#target = target;
    this.#context = context;
    this.#callbacks = callbacks;
    this.#stages = stages;
  }

  /** Seconds that the stages took, all sittings together. */
  seconds(stages = Object.keys(this.#stages) as (keyof EvaluationStages)[]): number {
    return stages.reduce((sum, stage) => sum + (this.#stages[stage]?.seconds ?? 0), 0);
  }

  /** PGD with restarts on all examples. */
  async pgd(attack: EvaluationAttack, name: string): Promise<Robustness> {
    const found = await this.#robustness('pgd', attack, name, this.#target.source);
    this.#robust = new Set(found.robust);
    return found;
  }

  /** A check beside PGD, which decides nothing about an example. */
  check(
    stage: 'noise' | 'unbounded',
    attack: EvaluationAttack,
    source: ExampleSource,
    start: SurvivorState,
  ): Promise<Robustness> {
    const name = stage === 'noise' ? 'random noise' : 'unbounded PGD';
    return this.#robustness(stage, attack, name, source, start);
  }

  /** AutoAttack on all examples, those that PGD broke included. */
  autoAttack(epsilon: number): Promise<AutoAttackResult> {
    const { model, source, seed } = this.#target;
    const known = this.#stages.autoAttack;
    const seconds = stopwatch(known?.seconds);
    const callbacks = {
      ...this.#callbacksOf('autoAttack'),
      onProgress: ({ phase, state }: AutoAttackProgress) =>
        this.#afterBatch('autoAttack', phase(), { autoAttack: { state: state(), seconds: seconds() } }),
    };
    return autoAttack(model, source, { epsilon, seed }, callbacks, known?.state);
  }

  #robustness(stage: PgdStage, attack: EvaluationAttack, name: string, source: ExampleSource, start?: SurvivorState) {
    const { model, seed } = this.#target;
    const known = this.#stages[stage];
    const seconds = stopwatch(known?.seconds);
    const callbacks = {
      ...this.#callbacksOf(stage),
      onProgress: (phase: () => PhaseProgress, state: () => SurvivorState) =>
        this.#afterBatch(stage, phase(), { [stage]: { state: state(), seconds: seconds() } }),
    };
    return robustness(model, source, { attack, seed, name }, callbacks, known?.state ?? start);
  }

  #callbacksOf(stage: keyof EvaluationStages) {
    return {
      beforeStep: this.#context.throwIfStopped,
      onStep: (phase: () => PhaseProgress) => {
        if (this.#progressDue.due()) this.#tell(stage, phase());
      },
    };
  }

  async #afterBatch(stage: keyof EvaluationStages, phase: PhaseProgress, change: EvaluationStages): Promise<void> {
    const over = phase.done === phase.total;
    this.#stages = { ...this.#stages, ...change };
    if (this.#keepingDue.due(over)) this.#callbacks.onStages(this.#stages);
    if (this.#progressDue.due(over)) this.#tell(stage, phase);
    await this.#context.breathe();
    this.#context.throwIfStopped();
  }

  #tell(stage: keyof EvaluationStages, { standing, ...phase }: PhaseProgress): void {
    const robust = this.#robust;
    const left = stage === 'autoAttack' && robust ? standing.filter((it) => robust.has(it)) : standing;
    const isCheck = stage === 'noise' || stage === 'unbounded';
    this.#callbacks.onProgress({ ...phase, standing: isCheck && robust ? robust.size : left.length });
  }
}

/** Seconds since now, and those before. */
function stopwatch(before = 0): () => number {
  const started = performance.now();
  return () => before + (performance.now() - started) / 1000;
}
