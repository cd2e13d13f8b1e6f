import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import { floatTypes } from './float-types.ts';
import { checkSnapshot, decodeSafetensors } from './safetensors.ts';
import type { WeightSnapshot, WeightValues } from './weights.ts';

/** What DataParallel puts before every name. */
const WRAPPER = 'module.';

/** BatchNorm's count of updates, which nothing reads at a fixed momentum. */
const COUNT = '.num_batches_tracked';

/** The model's first layer, which a PyTorch file need not have. */
export const NORMALISATION = { mean: 'normalise.mean', std: 'normalise.std' } as const;

const vector = (values: readonly number[]): WeightValues => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

function corrupt(what: string): AppError {
  return new AppError(ErrorReason.CORRUPT_CHECKPOINT, `the checkpoint is not of this model: ${what}`);
}

/** Without DataParallel's prefix, where every name has it. */
function unwrapped(tensors: Map<string, WeightValues>): Map<string, WeightValues> {
  if (tensors.size === 0 || ![...tensors.keys()].every((name) => name.startsWith(WRAPPER))) return tensors;
  return new Map([...tensors].map(([name, values]) => [name.slice(WRAPPER.length), values]));
}

/** One of the two may be in the file, or given, or neither; where both are there they have to agree. */
function normalisation(
  tensors: ReadonlyMap<string, WeightValues>,
  name: string,
  given: readonly number[],
  fallback: readonly number[],
): WeightValues {
  const found = tensors.get(name);
  if (!found) return vector(given.length > 0 ? given : fallback);
  const expected = Float32Array.from(given);
  if (
    expected.length > 0 &&
    !(found.data.length === expected.length && expected.every((x, i) => x === found.data[i]))
  ) {
    throw corrupt(`${name} is [${found.data}], but [${given}] is given; leave it out, the file has it`);
  }
  return found;
}

/**
 * The weights of a PyTorch model's safetensors file, for a model of the `expected` names and shapes: floats of any width,
 * names with or without DataParallel's prefix, update counts of BatchNorm left out, and `given` mean and standard deviation
 * (or 0 and 1) where the file has no normalisation. In the order of `expected`.
 * CORRUPT_CHECKPOINT names the tensor that is missing, unknown, of another shape or not finite.
 */
export function adoptWeights(
  file: Uint8Array,
  expected: ReadonlyMap<string, readonly number[]>,
  given: { readonly mean: readonly number[]; readonly std: readonly number[] },
): WeightSnapshot {
  const tensors = unwrapped(decodeSafetensors(file, floatTypes, (name) => !name.endsWith(COUNT)));
  const channels = expected.get(NORMALISATION.mean)![0];
  const constant = (value: number) => new Array<number>(channels).fill(value);
  tensors.set(NORMALISATION.mean, normalisation(tensors, NORMALISATION.mean, given.mean, constant(0)));
  tensors.set(NORMALISATION.std, normalisation(tensors, NORMALISATION.std, given.std, constant(1)));
  checkSnapshot(tensors, expected);
  if (!tensors.get(NORMALISATION.std)!.data.every((value) => value > 0)) {
    throw corrupt(`${NORMALISATION.std} has a value that is not above 0`);
  }
  return new Map([...expected.keys()].map((name) => [name, tensors.get(name)!]));
}
