import type { tf } from '../backend.ts';
import { castTo } from '../kernels/cast.ts';
import {
  type ArchitectureName,
  type ArchitectureParameters,
  type ArchitectureSpec,
  checkImageSize,
  resolveArchitecture,
} from './architecture-spec.ts';
import { architectures } from './architectures.ts';
import type { ImageShape } from './backbone.ts';
import { type ForwardContext, LayerBuilder } from './layers.ts';
import type { Weights } from './weights.ts';

/** What a model is made for and from. */
export interface ModelOptions {
  readonly spec: ArchitectureSpec;
  readonly image: ImageShape;
  readonly classes: number;
  /** Mean and standard deviation per channel, in pixel units of [0,1]. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
  /** Seed of the initial weights. */
  readonly seed: bigint;
}

/** Features h [N,d], the inputs of the last linear layer, and logits z [N,C]. */
export interface Outputs {
  readonly features: tf.Tensor2D;
  readonly logits: tf.Tensor2D;
}

/** A classifier of images in [0,1]. */
export interface Model {
  readonly classes: number;
  /** Dimensions d of the features. */
  readonly features: number;
  readonly weights: Weights;
  /** Images [N,H,W,C] in [0,1] to features and logits. */
  forward(images: tf.Tensor4D, context: ForwardContext): Outputs;
  /** Frees the weights. */
  dispose(): void;
}

/** Builds a model with fresh weights. Errors as resolveArchitecture and checkImageSize. */
export function createModel(options: ModelOptions): Model {
  const { architecture, ...parameters } = resolveArchitecture(options.spec);
  checkImageSize(architecture, options.image);
  const builder = new LayerBuilder(options.seed);
  const normalise = builder.normalise(options.normalisation.mean, options.normalisation.std);
  const build = architectures[architecture as ArchitectureName];
  const backbone = build(builder, options.image, parameters as ArchitectureParameters);
  const head = builder.linear(backbone.head.name, backbone.features, options.classes, backbone.head.init);
  return {
    classes: options.classes,
    features: backbone.features,
    weights: builder.weights,
    forward: (images, context) => {
      const normalised = castTo(normalise(images, context), context.frozen?.precision ?? 'f32');
      const features = backbone.forward(normalised, context);
      return { features, logits: head(features, context) };
    },
    dispose: () => builder.weights.dispose(),
  };
}
