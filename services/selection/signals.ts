import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AppError } from '../app-error.ts';
import { takeRows } from './take-rows.ts';

/**
 * What was measured of every example, in index order; N = `examples`, C = `classes`, d = `features`.
 * Matrices are row-major. Labels are always there; an array that was not measured is absent or empty.
 */
export interface ExampleSignals {
  readonly examples: number;
  readonly classes: number;
  /** Width of the last linear layer's input; 0 where no features were measured. */
  readonly features: number;
  /** N labels in [0, C). */
  readonly labels: Uint16Array;
  /** z, N x C. */
  readonly cleanLogits?: Float32Array;
  /** z', N x C. */
  readonly adversarialLogits: Float32Array;
  /** h, N x d. */
  readonly cleanFeatures?: Float32Array;
  /** h', N x d. */
  readonly adversarialFeatures: Float32Array;
  /** The loss under attack, N values of at least 0, from a caller that has it without logits. */
  readonly adversarialLosses?: Float32Array;
  /** z'_y - max_{k!=y} z'_k, N values, from a caller that has it without logits. */
  readonly adversarialMargins?: Float32Array;
}

/**
 * Largest logit or feature, in magnitude, that still counts as finite. Trained networks stay below 1e4; at 1e6 every
 * gradient's squared norm, a few times (1e6)² · (1e6)² · d at the least favourable, fits into float32 (3.4e38).
 */
export const MAX_MAGNITUDE = 1e6;

/**
 * Checks sizes, labels and values of everything that is present, and that all of `needed` is.
 * @throws AppError DIVERGED for numbers that are not finite, RangeError for wrong sizes and labels (a caller's fault).
 */
export function validateSignals(signals: ExampleSignals, needed: readonly Signal[] = []): void {
  const { examples, classes, features, labels } = signals;
  checkSize('labels', labels.length, examples);
  if (examples < 1 || classes < 2) throw new RangeError(`${examples} examples of ${classes} classes: need 1 of 2`);
  const stray = labels.findIndex((label) => label >= classes);
  if (stray >= 0) throw new RangeError(`label ${labels[stray]} of example ${stray} is not below ${classes}`);
  checkMatrix('clean logits', signals.cleanLogits, examples, classes, needed.includes(Signal.CLEAN_LOGITS));
  checkMatrix(
    'adversarial logits',
    signals.adversarialLogits,
    examples,
    classes,
    needed.includes(Signal.ADVERSARIAL_LOGITS),
  );
  checkMatrix('clean features', signals.cleanFeatures, examples, features, needed.includes(Signal.CLEAN_FEATURES));
  checkMatrix(
    'adversarial features',
    signals.adversarialFeatures,
    examples,
    features,
    needed.includes(Signal.ADVERSARIAL_FEATURES),
  );
  const list = (name: string, values: Float32Array | undefined, signal: Signal) =>
    checkMatrix(name, values, examples, 1, needed.includes(signal));
  list('adversarial losses', signals.adversarialLosses, Signal.ADVERSARIAL_LOSSES);
  list('adversarial margins', signals.adversarialMargins, Signal.ADVERSARIAL_MARGINS);
}

/** The signals of the given examples only, copied, in the given order; what was not measured stays empty or absent. */
export function takeSignals(signals: ExampleSignals, indices: Uint32Array): ExampleSignals {
  const { classes, features, cleanLogits, cleanFeatures, adversarialLosses, adversarialMargins } = signals;
  const take = (matrix: Float32Array, width: number) =>
    matrix.length === 0 ? matrix : takeRows(matrix, width, indices);
  return {
    examples: indices.length,
    classes,
    features,
    labels: Uint16Array.from(indices, (index) => signals.labels[index]),
    adversarialLogits: take(signals.adversarialLogits, classes),
    adversarialFeatures: take(signals.adversarialFeatures, features),
    ...(cleanLogits && { cleanLogits: take(cleanLogits, classes) }),
    ...(cleanFeatures && { cleanFeatures: take(cleanFeatures, features) }),
    ...(adversarialLosses && { adversarialLosses: take(adversarialLosses, 1) }),
    ...(adversarialMargins && { adversarialMargins: take(adversarialMargins, 1) }),
  };
}

function checkMatrix(
  name: string,
  values: Float32Array | undefined,
  rows: number,
  columns: number,
  needed: boolean,
): void {
  if (values === undefined || values.length === 0) {
    if (needed) throw new RangeError(`${name} are needed but were not measured`);
    return;
  }
  checkSize(name, values.length, rows * columns);
  const bad = values.findIndex((value) => !(Math.abs(value) <= MAX_MAGNITUDE));
  if (bad >= 0) {
    throw new AppError(
      ErrorReason.DIVERGED,
      `${name} of example ${Math.floor(bad / columns)} hold ${values[bad]}: training has left the finite numbers; ` +
        'resume from an earlier checkpoint, or lower the learning rate',
    );
  }
}

function checkSize(name: string, found: number, expected: number): void {
  if (found !== expected) throw new RangeError(`${name}: ${found} values where ${expected} belong`);
}
