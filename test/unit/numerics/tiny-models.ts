import { tf } from '../../../services/numerics/backend.ts';
import type { ArchitectureSpec } from '../../../services/numerics/models/architecture-spec.ts';
import type { ImageShape } from '../../../services/numerics/models/backbone.ts';
import { LayerBuilder } from '../../../services/numerics/models/layers.ts';
import { createModel, type Model } from '../../../services/numerics/models/model.ts';
import { at } from '../../../services/numerics/objectives/at.ts';
import { mart } from '../../../services/numerics/objectives/mart.ts';
import { trades } from '../../../services/numerics/objectives/trades.ts';
import { deriveSeed, uniform } from '../../../services/numerics/random.ts';

/** Number of classes of every tiny model. */
export const CLASSES = 4;

const COLOUR: ImageShape = { height: 8, width: 8, channels: 3 };
const GREY: ImageShape = { height: 16, width: 16, channels: 1 };

/** The smallest of each kind of network. */
const SPECS: Record<string, { spec: ArchitectureSpec; image: ImageShape }> = {
  cnn: { spec: { architecture: 'small-cnn', dropout: 0 }, image: GREY },
  'cnn with dropout': { spec: { architecture: 'small-cnn', dropout: 0.5 }, image: GREY },
  resnet: { spec: { architecture: 'resnet', depth: 8, width: 2 }, image: COLOUR },
  'wide resnet': { spec: { architecture: 'wide-resnet', depth: 10, width: 1, dropout: 0.3 }, image: COLOUR },
};

/** The objectives with the weights that papers use. */
export const OBJECTIVES = [at, trades(6), mart(5)] as const;

function linearModel({ height, width, channels }: ImageShape, seed: bigint): Model {
  const builder = new LayerBuilder(seed);
  const features = height * width * channels;
  const head = builder.linear('linear', features, CLASSES);
  return {
    classes: CLASSES,
    features,
    weights: builder.weights,
    forward: (images, context) => {
      const flat = images.reshape([-1, features]) as tf.Tensor2D;
      return { features: flat, logits: head(flat, context) };
    },
    dispose: () => builder.weights.dispose(),
  };
}

/** Gives weights that start at 0, such as small-cnn's last layer, random values: an even network can't be attacked. */
function stirZeros({ weights }: Model, seed: bigint): void {
  for (const { name, variable } of weights.trainable.filter((weight) => weight.name.endsWith('weight'))) {
    tf.tidy(() => {
      if (tf.sum(tf.abs(variable)).dataSync()[0] > 0) return;
      variable.assign(uniform(variable.shape, deriveSeed(seed, name)).sub(0.5).mul(0.2) as tf.Tensor);
    });
  }
}

/** A model by its name in SPECS or 'linear': softmax regression, whose losses are convex in the image. */
export function tinyModel(name: string, seed = 1n): { model: Model; image: ImageShape } {
  if (name === 'linear') return { model: linearModel(COLOUR, seed), image: COLOUR };
  const { spec, image } = SPECS[name];
  const even = (value: number) => Array<number>(image.channels).fill(value);
  const normalisation = { mean: even(0.5), std: even(0.25) };
  const model = createModel({ spec, image, classes: CLASSES, normalisation, seed });
  stirZeros(model, seed);
  return { model, image };
}

/** Random images in [0,1], some values at the bounds, with labels that go round the classes. */
export function tinyBatch(count: number, image: ImageShape, seed = 7n) {
  const shape = [count, image.height, image.width, image.channels];
  const images = tf.tidy(() => uniform(shape, deriveSeed(seed, 'images')).mul(1.2).sub(0.1).clipByValue(0, 1));
  const labels = Array.from({ length: count }, (_, i) => i % CLASSES);
  return { images: images as tf.Tensor4D, oneHot: oneHot(labels) };
}

/** Labels as rows [N,C]. */
export function oneHot(labels: readonly number[], classes = CLASSES): tf.Tensor2D {
  return tf.tidy(() => tf.oneHot(tf.tensor1d([...labels], 'int32'), classes).cast('float32') as tf.Tensor2D);
}
