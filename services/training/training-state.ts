import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { EvaluationSchema, type Run, RunSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import { AppError } from '../app-error.ts';
import type { Subset } from '../index-set/check-index-set.ts';
import { decodeSafetensors, encodeSafetensors, safetensorsMetadata } from '../numerics/models/safetensors.ts';
import type { WeightSnapshot, WeightValues } from '../numerics/models/weights.ts';
import type { KeptModel } from './best-so-far.ts';
import type { EpochPosition } from './epoch-position.ts';
import type { LedgerState } from './ledger.ts';
import type { RoundsState } from './rounds.ts';

/** Everything that decides how a run goes on; what is drawn at random follows from its seed, the epoch and the batch. */
export interface TrainingState {
  /** The epoch to go on with, from 0; the number of epochs where only the last measurements are left. */
  readonly epoch: number;
  /** How far that epoch is; absent at its beginning, before its round of selection. */
  readonly within?: EpochPosition | undefined;
  /** Updates done. */
  readonly updates: number;
  /** AttackPolicy.state(). */
  readonly policy: Readonly<Record<string, number>>;
  readonly ledger: LedgerState;
  /** Where the run is pruned. */
  readonly rounds?: RoundsState | undefined;
  /** The set in use; all examples where absent. */
  readonly subset?: Subset | undefined;
  /** The best model so far. */
  readonly best?: KeptModel | undefined;
  /** SeenSignals.file() of the epoch under way. */
  readonly seen?: Uint8Array | undefined;
  /** What the run's record shows of all this: epochs, history, rounds, checkpoint and cost. */
  readonly run: Run;
  /** In the files' layout. */
  readonly weights: WeightSnapshot;
  /** Sgd.snapshot(). */
  readonly velocities: WeightSnapshot;
}

// Another version of training may go on otherwise; its states are left aside.
const FORMAT = 'winnow-training-state-1';

const WEIGHT = 'model.';
const VELOCITY = 'momentum.';
const INDICES = 'subset.indices';
const INDEX_WEIGHTS = 'subset.weights';
const BEST = 'best.file';
const SEEN = 'seen.file';

/** A state as one safetensors file: numbers as tensors, the rest as JSON in its metadata. */
export function encodeTrainingState(state: TrainingState): Uint8Array {
  const { weights, velocities, subset, best, seen, run, ...plain } = state;
  const tensors = new Map<string, WeightValues>();
  for (const [name, values] of weights) tensors.set(WEIGHT + name, values);
  for (const [name, values] of velocities) tensors.set(VELOCITY + name, values);
  if (subset) tensors.set(INDICES, wordsOf(subset.indices));
  if (subset?.weights) tensors.set(INDEX_WEIGHTS, wordsOf(subset.weights));
  if (best) tensors.set(BEST, wordsOf(best.file));
  if (seen) tensors.set(SEEN, wordsOf(seen));
  const bestOf = best && { epoch: best.epoch, validation: toJson(EvaluationSchema, best.validation) };
  const json = { ...plain, run: toJson(RunSchema, run), ...(bestOf && { best: bestOf }) };
  return encodeSafetensors(tensors, { format: FORMAT, state: JSON.stringify(json) });
}

/** The state in a file. CORRUPT_CHECKPOINT where it isn't one of this version. */
export function decodeTrainingState(file: Uint8Array): TrainingState {
  const { format, state } = safetensorsMetadata(file);
  if (format !== FORMAT || state === undefined) {
    throw new AppError(ErrorReason.CORRUPT_CHECKPOINT, `the run's state is no ${FORMAT} but '${format}'`);
  }
  const tensors = decodeSafetensors(file);
  const { run, best, ...plain } = JSON.parse(state) as Omit<TrainingState, 'run' | 'best'> & {
    run: JsonValue;
    best?: { epoch: number; validation: JsonValue };
  };
  const indices = tensors.get(INDICES);
  const indexWeights = tensors.get(INDEX_WEIGHTS)?.data;
  const seen = tensors.get(SEEN);
  return {
    ...plain,
    run: fromJson(RunSchema, run),
    ...(indices && {
      subset: { indices: new Uint32Array(indices.data.buffer), ...(indexWeights && { weights: indexWeights }) },
    }),
    ...(best && {
      best: { ...best, validation: fromJson(EvaluationSchema, best.validation), file: bytesOf(tensors.get(BEST)!) },
    }),
    ...(seen && { seen: bytesOf(seen) }),
    weights: withPrefix(tensors, WEIGHT),
    velocities: withPrefix(tensors, VELOCITY),
  };
}

/**
 * Bytes that go into the file as they are, under the label of the one type that it has. Nothing reads them as numbers: an
 * index or a byte pattern need not be a float32.
 */
function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint32Array | Float32Array): WeightValues {
  const copy = new Uint8Array(byteLength);
  copy.set(new Uint8Array(buffer, byteOffset, byteLength));
  const data = new Float32Array(copy.buffer);
  return { shape: [data.length], data };
}

function bytesOf({ data }: WeightValues): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function withPrefix(tensors: ReadonlyMap<string, WeightValues>, prefix: string): WeightSnapshot {
  const named = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(named.map(([name, values]) => [name.slice(prefix.length), values]));
}
