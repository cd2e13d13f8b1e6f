import type { tf } from '../backend.ts';
import type { Layer } from './layers.ts';

/** Size of the images a model takes. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** All of a network but its last linear layer. */
export interface Backbone {
  /** Dimensions d of the features h. */
  readonly features: number;
  /** Name and initial weights of the last linear layer. */
  readonly head: { readonly name: string; readonly init: 'uniform' | 'zero' };
  /** Normalised images [N,H,W,C] to features h [N,d]. */
  readonly forward: Layer<tf.Tensor4D, tf.Tensor2D>;
}
