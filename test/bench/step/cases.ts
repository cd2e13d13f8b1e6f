import { CliError } from '../../../clients/cli/cli-error.ts';

/** In the order they are measured: the short ones first. */
export const MODELS = ['small-cnn', 'resnet-small', 'resnet-18'] as const;
export const OBJECTIVES = ['at', 'trades', 'mart'] as const;
export const BATCHES = [64, 128] as const;
export const PRECISIONS = ['f32', 'bf16'] as const;
export const PEERS = ['pytorch-plain', 'pytorch-channels-last', 'pytorch-compile', 'pytorch-bf16'] as const;

/** Steps of a measured attack. */
export const ATTACK_STEPS = 10;

export type ModelName = (typeof MODELS)[number];
export type ObjectiveName = (typeof OBJECTIVES)[number];
export type PrecisionName = (typeof PRECISIONS)[number];
export type PeerName = (typeof PEERS)[number];

/** Whether a name is one of our precisions, as opposed to a peer's. */
export function isPrecision(name: PrecisionName | PeerName): name is PrecisionName {
  return (PRECISIONS as readonly string[]).includes(name);
}

/** What a step is a step of. */
export interface StepCase {
  readonly model: ModelName;
  readonly objective: ObjectiveName;
  readonly batch: number;
}

/** Our step in one precision beside a peer's. */
export interface Pair {
  readonly precision: PrecisionName;
  readonly peer: PeerName;
}

/** What is to be measured; everything where a list is absent. */
export interface Narrowing {
  readonly model?: readonly string[] | undefined;
  readonly objective?: readonly string[] | undefined;
  readonly batch?: readonly string[] | undefined;
  readonly precision?: readonly string[] | undefined;
  readonly peer?: readonly string[] | undefined;
}

/** A peer meets our step in its own arithmetic; plain PyTorch, where people start, meets both. */
const PAIRS: readonly Pair[] = [
  { precision: 'f32', peer: 'pytorch-plain' },
  { precision: 'f32', peer: 'pytorch-channels-last' },
  { precision: 'f32', peer: 'pytorch-compile' },
  { precision: 'bf16', peer: 'pytorch-plain' },
  { precision: 'bf16', peer: 'pytorch-bf16' },
];

/** The bf16 peer's pair where our steps know float32 only. */
const WITHOUT_BF16: Pair = { precision: 'f32', peer: 'pytorch-bf16' };

function chosen<T extends string | number>(all: readonly T[], wanted: readonly string[] | undefined): T[] {
  return all.filter((one) => wanted === undefined || wanted.includes(String(one)));
}

/** The cases to measure. Objectives change fastest, as a peer keeps its compiled network from one to the next. */
export function chosenCases({ model, objective, batch }: Narrowing): StepCase[] {
  return chosen(MODELS, model).flatMap((oneModel) =>
    chosen(BATCHES, batch).flatMap((oneBatch) =>
      chosen(OBJECTIVES, objective).map((one) => ({ model: oneModel, objective: one, batch: oneBatch })),
    ),
  );
}

/** The pairs to measure; `hasBf16` tells whether our steps know bf16. CliError where nothing is left. */
export function chosenPairs({ precision, peer }: Narrowing, hasBf16: boolean): Pair[] {
  const possible = hasBf16 ? PAIRS : [...PAIRS.filter((pair) => pair.precision === 'f32'), WITHOUT_BF16];
  const pairs = possible.filter(
    (pair) => (precision?.includes(pair.precision) ?? true) && (peer?.includes(pair.peer) ?? true),
  );
  if (pairs.length > 0) return pairs;
  const known = possible.map((pair) => `${pair.precision} beside ${pair.peer}`);
  throw new CliError(`nothing to measure with this --precision and --peer; there are ${known.join(', ')}`);
}
