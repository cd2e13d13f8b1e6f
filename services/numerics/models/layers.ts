import { tf } from '../backend.ts';
import { batchNorm } from '../kernels/batch-norm.ts';
import { biasAdd } from '../kernels/bias-add.ts';
import { affineOf, channelAffine, freezeBatchNorm } from '../kernels/channel-affine.ts';
import type { ConvGeometry } from '../kernels/conv-geometry.ts';
import { conv2d } from '../kernels/conv2d.ts';
import { freezeConv, frozenConv2d } from '../kernels/frozen-conv2d.ts';
import type { NetworkPrecision } from '../precision.ts';
import { deriveSeed, normal, type SeedPair, uniform } from '../random.ts';
import type { FrozenWeights } from './frozen-weights.ts';
import { Weights } from './weights.ts';

/** What a forward pass needs beside its input. */
export interface ForwardContext {
  /** Batch statistics and dropout where true; running statistics, no dropout where false. */
  readonly training: boolean;
  /** Seed of dropout masks; only read in training. */
  readonly dropoutSeed?: SeedPair;
  /** Gets the running statistics' new values; applied once gradients are taken. Only read in training. */
  readonly statistics?: RunningStatistic[];
  /** Weights made ready for evaluation; only read where not training. */
  readonly frozen?: FrozenWeights;
}

/** A running statistic and the batch's value of it. */
export interface RunningStatistic {
  readonly running: tf.Variable;
  readonly batch: tf.Tensor;
}

/** A layer: tensors in, tensors out. */
export type Layer<In extends tf.Tensor = tf.Tensor4D, Out extends tf.Tensor = In> = (
  x: In,
  context: ForwardContext,
) => Out;

/** Shape and geometry of a convolution. */
export interface ConvShape extends ConvGeometry {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly bias?: boolean;
}

/** Share of the old value that a running statistic keeps, PyTorch's default momentum of 0.1. */
const STATISTICS_DECAY = 0.9;

/** Moves running statistics towards the batch's and frees those. */
export function applyStatistics(statistics: readonly RunningStatistic[]): void {
  for (const { running, batch } of statistics) {
    tf.tidy(() => running.assign(running.mul(STATISTICS_DECAY).add(batch.mul(1 - STATISTICS_DECAY)) as tf.Tensor));
    batch.dispose();
  }
}

type NormWeights = Readonly<Record<'scale' | 'offset' | 'mean' | 'variance', tf.Variable>>;

/** Batch normalisation; in training the batch's statistics are passed on. */
function normaliseBatch(x: tf.Tensor4D, state: NormWeights, { training, statistics }: ForwardContext): tf.Tensor4D {
  const { y, batchMean, batchVariance } = batchNorm(x, state, training);
  if (training) {
    statistics?.push(
      { running: state.mean, batch: tf.keep(batchMean) },
      { running: state.variance, batch: tf.keep(batchVariance) },
    );
  }
  return y;
}

/** Declares layers and draws their initial weights, each from its own seed. */
export class LayerBuilder {
  readonly weights = new Weights();
  readonly #seed: bigint;

  constructor(seed: bigint) {
    this.#seed = seed;
  }

  /** Convolution, He-normal weights by fan-in (He 2015), zero bias. */
  conv(name: string, shape: ConvShape): Layer {
    const { filter, bias, geometry } = this.#convWeights(name, shape);
    const layer: Layer = (x, { training, frozen }) => {
      if (frozen && !training) {
        return frozenConv2d(
          x,
          frozen.of(layer, (precision) => freezeConv(filter, bias, geometry, precision)),
        );
      }
      const y = conv2d(x, filter, geometry);
      return bias ? biasAdd(y, bias) : y;
    };
    return layer;
  }

  /** Convolution without bias, then batch normalisation: one convolution where the weights are frozen. */
  convNorm(conv: string, norm: string, shape: Omit<ConvShape, 'bias'>): Layer {
    const { filter, geometry } = this.#convWeights(conv, shape);
    const state = this.#normWeights(norm, shape.outputs);
    const fold = (precision: NetworkPrecision) => {
      const { scale, offset } = affineOf(state);
      return freezeConv(tf.mul(filter, scale), offset, geometry, precision);
    };
    const layer: Layer = (x, context) => {
      if (context.frozen && !context.training) return frozenConv2d(x, context.frozen.of(layer, fold));
      return normaliseBatch(conv2d(x, filter, geometry), state, context);
    };
    return layer;
  }

  /** Batch normalisation: scale 1, offset 0. */
  batchNorm(name: string, channels: number): Layer {
    const state = this.#normWeights(name, channels);
    const layer: Layer = (x, context) => {
      if (!context.frozen || context.training) return normaliseBatch(x, state, context);
      return channelAffine(
        x,
        context.frozen.of(layer, () => freezeBatchNorm(state)),
      );
    };
    return layer;
  }

  /** Linear layer, weights and bias uniform in ±1/sqrt(inputs) as PyTorch draws them, or zero. */
  linear(name: string, inputs: number, outputs: number, init: 'uniform' | 'zero' = 'uniform'): Layer<tf.Tensor2D> {
    const bound = init === 'zero' ? 0 : 1 / Math.sqrt(inputs);
    const draw = (shape: number[], part: string) =>
      tf.tidy(() =>
        uniform(shape, this.#seedOf(`${name}.${part}`))
          .mul(2 * bound)
          .sub(bound),
      ) as tf.Tensor;
    const weight = this.weights.add(`${name}.weight`, 'linear', draw([inputs, outputs], 'weight'));
    const bias = this.weights.add(`${name}.bias`, 'vector', draw([outputs], 'bias'));
    return (x) => biasAdd(tf.matMul(x, weight as tf.Tensor2D), bias);
  }

  /** (x - mean) / deviation per channel; both are kept in the checkpoint and never trained. */
  normalise(mean: readonly number[], deviation: readonly number[]): Layer {
    const shift = this.weights.add('normalise.mean', 'vector', tf.tensor1d([...mean]), false);
    const scale = this.weights.add('normalise.std', 'vector', tf.tensor1d([...deviation]), false);
    return (x) => x.sub(shift).div(scale) as tf.Tensor4D;
  }

  #convWeights(name: string, { inputs, outputs, kernel, bias = false, stride, padding }: ConvShape) {
    const deviation = Math.sqrt(2 / (inputs * kernel * kernel));
    const draw = tf.tidy(() =>
      normal([kernel, kernel, inputs, outputs], this.#seedOf(`${name}.weight`)).mul(deviation),
    );
    return {
      filter: this.weights.add(`${name}.weight`, 'conv', draw as tf.Tensor),
      bias: bias ? this.weights.add(`${name}.bias`, 'vector', tf.zeros([outputs])) : undefined,
      geometry: { stride, padding },
    };
  }

  #normWeights(name: string, channels: number) {
    const add = (part: string, initial: tf.Tensor, trainable: boolean) =>
      this.weights.add(`${name}.${part}`, 'vector', initial, trainable);
    return {
      scale: add('weight', tf.ones([channels]), true),
      offset: add('bias', tf.zeros([channels]), true),
      mean: add('running_mean', tf.zeros([channels]), false),
      variance: add('running_var', tf.ones([channels]), false),
    };
  }

  #seedOf(name: string): SeedPair {
    return deriveSeed(this.#seed, 'weights', name);
  }
}

/**
 * Zeroes each value with probability `rate` in training and scales the others by 1/(1-rate) (Srivastava 2014).
 * The name of the layer goes into its seed, as layers of one shape would all drop the same values otherwise.
 */
export function dropout<T extends tf.Tensor>(name: string, x: T, rate: number, context: ForwardContext): T {
  const { training, dropoutSeed } = context;
  if (!training || rate === 0) return x;
  if (!dropoutSeed) throw new Error('dropout needs a seed in training');
  const seed = deriveSeed(BigInt(dropoutSeed[0]), dropoutSeed[1], name);
  const kept = uniform(x.shape, seed).greaterEqual(rate).cast('float32');
  return x.mul(kept).mul(1 / (1 - rate)) as T;
}
