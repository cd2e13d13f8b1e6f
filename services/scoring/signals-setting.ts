import type { ObjectiveSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { ScorerDescription, Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { SignalsSetting } from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { invalidField } from '../app-error.ts';
import { findSelector, keepCount } from '../selection/registry.ts';
import { neededSignals, type Selector } from '../selection/selector.ts';
import { isBuiltIn } from '../spec/known-scorers.ts';
import { resolveLoss } from '../spec/objective.ts';
import { resolveSelection } from '../spec/selection.ts';

/** Labels are held as 16 bits. */
const MOST_CLASSES = 65_536;

const RUN_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What is to be known of a scorer before it gets signals. */
export interface SignalsScorer extends Pick<Selector, 'name' | 'standIn' | 'reduction'> {
  readonly needed: readonly Signal[];
  /** Whether it runs as a service. */
  readonly isService: boolean;
}

/** A SignalsSetting with its defaults filled in, and what follows from it. */
export interface SignalsTask {
  /** N, C and d; d is 0 where no features are sent. */
  readonly examples: number;
  readonly classes: number;
  readonly features: number;
  /** Without an attack. */
  readonly objective: ObjectiveSpec;
  readonly selection: SelectionSpec;
  readonly scorer: SignalsScorer;
  /** Examples to keep. */
  readonly k: number;
  readonly seed: bigint;
  readonly datasetFingerprint: string;
  /** Empty where the set is not published. */
  readonly runId: string;
  readonly round: number;
}

/** A selection without the fields that only a run has. */
function withoutSchedule(selection: SelectionSpec | undefined): SelectionSpec | undefined {
  if (!selection) return undefined;
  const { attack: _, ...given } = selection;
  return { ...given, everyEpochs: 0, warmStartEpochs: 0, maxStalenessEpochs: 0, reuseTrainingSignals: false };
}

function checkSizes({ examples, classes }: SignalsSetting): void {
  if (examples < 1) throw invalidField('setting.examples', 'is 0; give the number of examples that follow');
  if (classes < 2 || classes > MOST_CLASSES) {
    throw invalidField('setting.classes', `${classes} is not in [2, ${MOST_CLASSES}]`);
  }
}

function checkRun({ runId, round }: SignalsSetting): void {
  if (runId && !RUN_ID.test(runId)) {
    throw invalidField('setting.run_id', 'is not 1 to 64 letters, digits, "_" and "-"');
  }
  if (!runId && round > 0) throw invalidField('setting.round', `is ${round} without a run_id; give both, or neither`);
}

function scorerOf(
  { scorer: name }: SelectionSpec,
  { kind }: ObjectiveSpec,
  services: readonly ScorerDescription[],
): SignalsScorer {
  const service = isBuiltIn(name) ? undefined : services.find((known) => known.name === name);
  if (service) return { name, needed: service.signals, isService: true };
  const selector = findSelector(name);
  const { standIn, reduction } = selector;
  return {
    name,
    needed: neededSignals(selector, kind),
    isService: false,
    ...(standIn && { standIn }),
    ...(reduction && { reduction }),
  };
}

/**
 * Checks the first message of a stream of signals; its scorer is built in or one of `services`.
 * UNKNOWN_SCORER, or INVALID_FIELD below `setting`.
 */
export function resolveSignalsSetting(
  setting: SignalsSetting,
  services: readonly ScorerDescription[] = [],
): SignalsTask {
  checkSizes(setting);
  checkRun(setting);
  const { examples, classes, features, seed, datasetFingerprint, runId, round } = setting;
  const selection = resolveSelection(withoutSchedule(setting.selection), 'setting.selection', services);
  const objective = resolveLoss(setting.objective, 'setting.objective');
  return {
    examples,
    classes,
    features,
    objective,
    selection,
    scorer: scorerOf(selection, objective, services),
    k: keepCount(selection.fraction, examples),
    seed,
    datasetFingerprint,
    runId,
    round,
  };
}
