import type { MessageInitShape } from '@bufbuild/protobuf';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import type {
  ExampleBatchSchema,
  ScoreExamplesRequestSchema,
  ScorerDescription,
  ScoringSettingSchema,
} from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { featureSignals, type SignalColumn, signalColumns } from '../../node/scorer/signals.ts';
import type { SyntheticSignals } from './synthetic-signals.ts';

/** One message to a scorer. */
export type Request = MessageInitShape<typeof ScoreExamplesRequestSchema>;
/** The first one's contents. */
export type Setting = Exclude<MessageInitShape<typeof ScoringSettingSchema>, { $typeName: string }>;
/** The contents of every other one. */
export type Batch = Exclude<MessageInitShape<typeof ExampleBatchSchema>, { $typeName: string }>;

// Adversarial training as everywhere in the literature: scorers that look at the objective find a proper one.
const objective = {
  kind: ObjectiveKind.TRADES,
  attack: { epsilon: 8 / 255, stepSize: 2 / 255, steps: 10 },
};

/** The columns that a scorer asks for. */
export function askedColumns({ signals }: ScorerDescription): readonly SignalColumn[] {
  return signalColumns.filter(({ signal }) => signals.includes(signal));
}

/** A setting for some signals, every parameter at its default. */
export function settingFor(scorer: ScorerDescription, signals: SyntheticSignals, keep: number): Setting {
  const { examples, classes, features } = signals;
  const parameters = Object.fromEntries(scorer.parameters.map(({ name, defaultValue }) => [name, defaultValue]));
  const needsFeatures = scorer.signals.some((signal) => featureSignals.includes(signal));
  return { examples, classes, keep, seed: 7n, parameters, features: needsFeatures ? features : 0, objective };
}

/** The asked-for signals of examples `from` to `to` (excluded). */
export function batchOf(scorer: ScorerDescription, signals: SyntheticSignals, from: number, to: number): Batch {
  const values = askedColumns(scorer).map(({ field, width }) => {
    const columns = width(signals);
    return [field, Array.from(signals[field].subarray(from * columns, to * columns))];
  });
  return { firstIndex: from, ...Object.fromEntries(values) };
}

/** All examples in batches of `size`. */
export function* batchesOf(scorer: ScorerDescription, signals: SyntheticSignals, size: number): Generator<Batch> {
  for (let from = 0; from < signals.examples; from += size) {
    yield batchOf(scorer, signals, from, Math.min(signals.examples, from + size));
  }
}

/** A setting and batches as a stream of requests. */
export async function* requestsOf(setting: Setting, batches: Iterable<Batch>): AsyncGenerator<Request> {
  yield { part: { case: 'setting', value: setting } };
  for (const value of batches) yield { part: { case: 'batch', value } };
}
