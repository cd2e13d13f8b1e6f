import type { ObjectiveSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { DeviceMatMul } from '../numerics/mat-mul.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { findSelector } from '../selection/registry.ts';
import type { SelectedSubset, Selector, SelectorInput } from '../selection/selector.ts';
import type { Received } from './received-signals.ts';
import { inputOf } from './score-dataset.ts';
import { type SubsetQuality, subsetQuality } from './subset-quality.ts';

/** Work 'selectSignals': a subset of a caller's examples. */
export interface SelectSignalsRequest extends Received {
  readonly objective: ObjectiveSpec;
  /** Resolved, by a built-in scorer. */
  readonly selection: SelectionSpec;
  readonly k: number;
  readonly seed: bigint;
  /** Indices of the run's previous set. */
  readonly previous?: Uint32Array;
}

/** What 'selectSignals' ends with. */
export interface SelectSignalsResult {
  readonly indices: Uint32Array;
  /** Absent for equal weights. */
  readonly weights?: Float32Array;
  readonly scorerVersion: string;
  readonly quality: SubsetQuality;
  readonly seconds: number;
}

async function subsetOf(
  selector: Selector,
  input: SelectorInput,
  reduced: Float64Array | undefined,
): Promise<SelectedSubset> {
  return reduced && selector.reduction ? selector.reduction.select(reduced, input) : selector.select(input);
}

/** Selects a subset of examples whose signals a caller measured; they have been checked. CANCELLED. */
export async function selectSignals(request: SelectSignalsRequest, context: WorkContext): Promise<SelectSignalsResult> {
  const started = performance.now();
  const { signals, reduced, selection, previous } = request;
  const selector = findSelector(selection.scorer);
  const matMul = new DeviceMatMul();
  try {
    const input = inputOf({ signals }, request, selector, { ...selection, k: request.k }, matMul, context);
    const subset = await subsetOf(selector, input, reduced);
    const { indices, weights } = subset;
    return {
      indices,
      ...(weights && { weights }),
      scorerVersion: selector.version,
      quality: subsetQuality(subset, signals.labels, signals.classes, previous),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    matMul.dispose();
  }
}
