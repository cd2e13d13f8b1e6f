import { intAttribute, runOp, stringAttribute, tf, typeOf } from '../backend.ts';
import { convAttributesPadded } from './conv-geometry.ts';

/** Distance of the outputs: the input's pixels fall into as many phases along each side. */
const STRIDE = 2;

/**
 * Which tap of a 3 x 3 filter, by neighbour (this output, the next) and phase, a pixel's gradient goes by; 3 is none.
 * At stride 2 and padding 1 pixel m feeds output i by tap m - 2i + 1: an even one its own by tap 1, an odd one its own by
 * tap 2 and the next by tap 0.
 */
const TAPS = [1, 2, 3, 0];

/** A filter [3,3,C,O] of stride 2 and padding 1 as one of stride 1, whose outputs are the four phases: [2,2,O,4C]. */
export function phaseFilter(filter: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const [, , inputs, outputs] = filter.shape;
    const none: [number, number] = [0, 0];
    const padded = tf.pad(filter, [[0, 1], [0, 1], none, none]);
    const taps = tf.tensor1d(TAPS, 'int32');
    const byPhase = tf.gather(tf.gather(padded, taps, 0), taps, 1);
    const split = tf.reshape(byPhase, [STRIDE, STRIDE, STRIDE, STRIDE, inputs, outputs]);
    // rows and columns: neighbour, then phase
    return tf.reshape(tf.transpose(split, [0, 2, 5, 1, 3, 4]), [STRIDE, STRIDE, outputs, STRIDE * STRIDE * inputs]);
  });
}

/** The input's gradient, of twice the sides of what comes from above: one convolution, its phases set side by side. */
export function convolvePhases(upstream: tf.Tensor, phases: tf.Tensor): tf.Tensor {
  // the last output has no next one
  const attributes = convAttributesPadded(upstream, 1, [0, 1]);
  const split = runOp('Conv2D', attributes, [upstream, phases]);
  const layout = [intAttribute('block_size', STRIDE), stringAttribute('data_format', 'NHWC')];
  const gradient = runOp('DepthToSpace', [typeOf('T', split), ...layout], [split]);
  split.dispose();
  return gradient;
}
