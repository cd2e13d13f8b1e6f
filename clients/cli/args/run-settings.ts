/** The objectives of the command line; "fast-at" is AT whose attack is one step (Wong 2020). */
export const objectiveNames = ['at', 'fast-at', 'trades', 'mart'] as const;

/** An objective as it is written on the command line. */
export type ObjectiveName = (typeof objectiveNames)[number];
/** A learning-rate schedule as it is written on the command line. */
export type ScheduleName = 'constant' | 'cosine' | 'step';

/** How much attack each training example gets, as it is written on the command line. */
export type AttackPolicyName = 'fixed' | 'bullet-train';

/** Arithmetic of attacks and scoring, as it is written on the command line. */
export const precisionNames = ['f32', 'bf16'] as const;

/** What takes the place of a scorer service that fails, as it is written on the command line. */
export const fallbackNames = ['none', 'last-set', 'random'] as const;

/** One of {@link fallbackNames}. */
export type FallbackName = (typeof fallbackNames)[number];

/** Everything that decides a run but its seed and its scorer, named as the options are. */
export interface RunSettings {
  readonly dataset: string;
  /** Training examples, 0 for all. */
  readonly trainExamples: number;
  /** Training examples held out to choose a best model by, 0 for none. */
  readonly validationExamples: number;
  /** Test examples, 0 for all. */
  readonly testExamples: number;
  /** Architecture. */
  readonly model: string;
  readonly depth?: number | undefined;
  readonly width?: number | undefined;
  readonly dropout?: number | undefined;
  readonly objective: ObjectiveName;
  readonly beta?: number | undefined;
  readonly lambda?: number | undefined;
  /** Training attack: radius and step in pixel units of [0,1]. */
  readonly epsilon: number;
  readonly stepSize: number;
  readonly steps: number;
  readonly attackPolicy: AttackPolicyName;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: ScheduleName;
  readonly warmupUpdates: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly augment?: boolean | undefined;
  /** Arithmetic of attacks and scoring: float32 where unset. */
  readonly precision?: (typeof precisionNames)[number] | undefined;
  /** Share kept by a pruned run, in (0,1]. */
  readonly fraction: number;
  /** R: epochs between selections. */
  readonly selectEvery: number;
  /** Epochs on the full data before the first selection. */
  readonly warmStart: number;
  readonly maxStaleness: number;
  /** Whether scoring takes over what training saw of the examples it trained on. */
  readonly reuseSignals?: boolean | undefined;
  readonly classFloor: number;
  /** Steps of the scoring attack; the training attack's where unset. */
  readonly scoreSteps?: number | undefined;
  /** Their size: where unset, as far in all as the training attack's steps go. */
  readonly scoreStepSize?: number | undefined;
  /** What takes the place of a scorer service that fails; nothing where unset. */
  readonly fallback?: FallbackName | undefined;
  readonly scorerParameter?: Readonly<Record<string, number>> | undefined;
  /** Evaluation attack: the training epsilon, and a quarter of the radius, where unset. */
  readonly evalEpsilon?: number | undefined;
  readonly evalStepSize?: number | undefined;
  readonly evalSteps: number;
  readonly evalRestarts: number;
  /** Test examples of the final figures, 0 for all. */
  readonly evalExamples: number;
  /** Epochs between measurements on the way, 0 for none. */
  readonly evalEvery: number;
  /** Examples used on the way: held-out ones where there are some, else test examples. */
  readonly evalProgressExamples: number;
}

/** What was given on the command line; options left out are absent or undefined. */
export type GivenSettings = { readonly [K in keyof RunSettings]?: RunSettings[K] | undefined };
