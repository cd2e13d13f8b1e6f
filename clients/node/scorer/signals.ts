import { type ExampleBatch, Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';

/**
 * What was measured of all examples, in index order; N examples, C classes, d features, matrices row by row. What a
 * scorer did not ask for is empty.
 */
export interface ScorerSignals {
  /** N labels in [0, C). */
  readonly labels: Uint32Array;
  /** z, N x C. */
  readonly cleanLogits: Float32Array;
  /** z', N x C. */
  readonly adversarialLogits: Float32Array;
  /** h, N x d. */
  readonly cleanFeatures: Float32Array;
  /** h', N x d. */
  readonly adversarialFeatures: Float32Array;
  /** N losses of the attacked images, at least 0. */
  readonly adversarialLosses: Float32Array;
  /** N margins of the attacked images. */
  readonly adversarialMargins: Float32Array;
}

/** A list of ExampleBatch that carries a signal. */
export type SignalField = Exclude<keyof ExampleBatch & keyof ScorerSignals, undefined>;

/** Where a signal is carried, and how many values it has for one example. */
export interface SignalColumn {
  readonly signal: Signal;
  readonly field: SignalField;
  /** Name in the proto, for messages. */
  readonly protoName: string;
  readonly width: (setting: { readonly classes: number; readonly features: number }) => number;
}

const one = () => 1;
const perClass = ({ classes }: { readonly classes: number }) => classes;
const perFeature = ({ features }: { readonly features: number }) => features;

/** Every signal of the contract. */
export const signalColumns: readonly SignalColumn[] = [
  { signal: Signal.LABEL, field: 'labels', protoName: 'labels', width: one },
  { signal: Signal.CLEAN_LOGITS, field: 'cleanLogits', protoName: 'clean_logits', width: perClass },
  { signal: Signal.ADVERSARIAL_LOGITS, field: 'adversarialLogits', protoName: 'adversarial_logits', width: perClass },
  { signal: Signal.CLEAN_FEATURES, field: 'cleanFeatures', protoName: 'clean_features', width: perFeature },
  {
    signal: Signal.ADVERSARIAL_FEATURES,
    field: 'adversarialFeatures',
    protoName: 'adversarial_features',
    width: perFeature,
  },
  { signal: Signal.ADVERSARIAL_LOSSES, field: 'adversarialLosses', protoName: 'adversarial_losses', width: one },
  { signal: Signal.ADVERSARIAL_MARGINS, field: 'adversarialMargins', protoName: 'adversarial_margins', width: one },
];

/** Signals with one value for each feature. */
export const featureSignals: readonly Signal[] = [Signal.CLEAN_FEATURES, Signal.ADVERSARIAL_FEATURES];
