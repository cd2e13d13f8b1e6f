import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { ModelSpec } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { AppError, invalidField } from '../../app-error.ts';

/** A model's architecture as ModelSpec gives it (proto/winnow/v1/model.proto). */
export interface ArchitectureSpec {
  readonly architecture: string;
  readonly depth?: number;
  readonly width?: number;
  readonly dropout?: number;
}

/** The architecture that a ModelSpec names. */
export function architectureOf({ architecture, depth, width, dropout }: ModelSpec): ArchitectureSpec {
  return {
    architecture,
    ...(depth !== undefined && { depth }),
    ...(width !== undefined && { width }),
    ...(dropout !== undefined && { dropout }),
  };
}

/** An architecture's parameters, all of them given. */
export type ArchitectureParameters = Readonly<Record<'depth' | 'width' | 'dropout', number>>;

interface Description {
  /** The parameters it has, with their defaults. */
  readonly defaults: Readonly<Partial<ArchitectureParameters>>;
  /** Smallest height and width of an image, in pixels, that leaves something to pool. */
  readonly minimumSide: number;
  /** The b in depth = 6n + b. */
  readonly depthBase?: number;
  /** Channels of the first stage for a width of 1. */
  readonly channels?: number;
}

/** Widest network and deepest one that are accepted; a request beyond is a slip, not a plan. */
const MAX_WIDTH = 1024;
const MAX_DEPTH = 1202;

/** Most weights: 2 GiB of float32, and as much again of momentum. The largest published networks of these kinds have a quarter. */
const MAX_WEIGHTS = 2 ** 29;

/** Weights of 6n + b layers' 3x3 convolutions for one squared channel: 2n a stage, of 1, 2 and 4 times the channels. */
const WEIGHTS_PER_BLOCK = 2 * 9 * (1 + 4 + 16);

const DESCRIPTIONS = {
  'small-cnn': { defaults: { dropout: 0.5 }, minimumSide: 16 },
  'resnet-small': { defaults: {}, minimumSide: 8 },
  'resnet-18': { defaults: {}, minimumSide: 8 },
  resnet: { defaults: { depth: 8, width: 16 }, minimumSide: 8, depthBase: 2, channels: 1 },
  'wide-resnet': { defaults: { depth: 28, width: 10, dropout: 0 }, minimumSide: 8, depthBase: 4, channels: 16 },
} as const satisfies Record<string, Description>;

/** The architectures' names. */
export type ArchitectureName = keyof typeof DESCRIPTIONS;

function find(name: string): Description {
  if (Object.hasOwn(DESCRIPTIONS, name)) return DESCRIPTIONS[name as ArchitectureName];
  const known = Object.keys(DESCRIPTIONS).join(', ');
  throw new AppError(ErrorReason.UNKNOWN_MODEL, `no model is called '${name}'; known are ${known}`, {
    fields: [{ field: 'model.architecture', description: `must be one of ${known}` }],
  });
}

function checkDepth(depth: number, base: number): void {
  const fits = Number.isInteger(depth) && depth > base && depth <= MAX_DEPTH && (depth - base) % 6 === 0;
  if (!fits) throw invalidField('model.depth', `${depth} is not 6n+${base}; ${base + 6} and ${base + 18} are`);
}

/** Depth and width may both be allowed and yet be too much together. */
function checkSize(depth: number, width: number, base: number, channels: number): void {
  const weights = WEIGHTS_PER_BLOCK * ((depth - base) / 6) * (width * channels) ** 2;
  if (weights <= MAX_WEIGHTS) return;
  const millions = (count: number) => Math.round(count / 1e6);
  throw invalidField(
    'model.width',
    `${width} at depth ${depth} makes ${millions(weights)} million weights, more than ${millions(MAX_WEIGHTS)}; lower one of them`,
  );
}

/**
 * Checks an architecture and fills in its defaults.
 * Errors: UNKNOWN_MODEL; INVALID_FIELD for a parameter it does not have, or one out of range.
 */
export function resolveArchitecture(spec: ArchitectureSpec): ArchitectureSpec {
  const { defaults, depthBase, channels } = find(spec.architecture);
  for (const name of ['depth', 'width', 'dropout'] as const) {
    if (spec[name] !== undefined && defaults[name] === undefined) {
      throw invalidField(`model.${name}`, `'${spec.architecture}' has no such parameter; leave it unset`);
    }
  }
  const resolved = { ...defaults, ...spec };
  const { depth, width, dropout } = resolved;
  if (width !== undefined && !(Number.isInteger(width) && width >= 1 && width <= MAX_WIDTH)) {
    throw invalidField('model.width', `${width} is not a whole number in [1, ${MAX_WIDTH}]`);
  }
  if (dropout !== undefined && !(dropout >= 0 && dropout < 1)) {
    throw invalidField('model.dropout', `${dropout} is not in [0, 1)`);
  }
  if (depth !== undefined && depthBase !== undefined) {
    checkDepth(depth, depthBase);
    if (width !== undefined && channels !== undefined) checkSize(depth, width, depthBase, channels);
  }
  return resolved;
}

/** INVALID_FIELD where images are too small for an architecture. */
export function checkImageSize(architecture: string, image: { height: number; width: number }): void {
  const { minimumSide } = find(architecture);
  if (Math.min(image.height, image.width) >= minimumSide) return;
  const size = `${image.height}x${image.width}`;
  throw invalidField(
    'model.architecture',
    `'${architecture}' takes images of at least ${minimumSide} pixels a side, these have ${size}`,
  );
}
