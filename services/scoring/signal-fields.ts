import { type ExampleBatch, Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ExampleSignals } from '../selection/signals.ts';
import type { SignalsTask } from './signals-setting.ts';

/** Everything of ExampleSignals, and of ExampleBatch, that holds numbers of every example, labels apart. */
export type SignalKey = Exclude<keyof ExampleBatch & keyof ExampleSignals, 'labels' | '$typeName' | '$unknown'>;

/** One of the signals that an ExampleBatch can hold. */
export interface SignalField {
  readonly signal: Signal;
  readonly key: SignalKey;
  /** Its name on the wire. */
  readonly name: string;
  /** Values of one example; absent for one value. */
  readonly width?: 'classes' | 'features';
  /** Least value allowed, where there is one. */
  readonly least?: number;
}

/** The signals but labels, in the order of the contract. */
export const signalFields: readonly SignalField[] = [
  { signal: Signal.CLEAN_LOGITS, key: 'cleanLogits', name: 'clean_logits', width: 'classes' },
  { signal: Signal.ADVERSARIAL_LOGITS, key: 'adversarialLogits', name: 'adversarial_logits', width: 'classes' },
  { signal: Signal.CLEAN_FEATURES, key: 'cleanFeatures', name: 'clean_features', width: 'features' },
  { signal: Signal.ADVERSARIAL_FEATURES, key: 'adversarialFeatures', name: 'adversarial_features', width: 'features' },
  { signal: Signal.ADVERSARIAL_LOSSES, key: 'adversarialLosses', name: 'adversarial_losses', least: 0 },
  { signal: Signal.ADVERSARIAL_MARGINS, key: 'adversarialMargins', name: 'adversarial_margins' },
];

/** Values that one example has of a signal. */
export function widthOf({ width }: SignalField, sizes: Pick<SignalsTask, 'classes' | 'features'>): number {
  return width === undefined ? 1 : sizes[width];
}

/** The fields of these signals. */
export function fieldsOf(signals: readonly Signal[]): SignalField[] {
  return signalFields.filter(({ signal }) => signals.includes(signal));
}
