import { tf } from '../backend.ts';

/** Bound on Newton's iterations, which end by themselves: each passes a corner of a function that has one per pixel. */
const MAX_ITERATIONS = 64;

/** Growth of a step, in pixel units, below which it counts as found: float32's resolution in [0,1]. */
const RESOLUTION = 1e-7;

/** Divisor where no pixel is free to move any more. */
const LEAST_SLOPE = 1e-30;

/** The root of sum_i slopes_i min(length, room_i) = height per row, [N,1]; at most 1, beyond which no pixel has room. */
function stepLength(slopes: tf.Tensor2D, room: tf.Tensor2D, height: tf.Tensor2D): tf.Tensor2D {
  let length = tf.zerosLike(height);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const [next, growth] = tf.tidy(() => {
      const reached = tf.sum(tf.mul(slopes, tf.minimum(room, length)), 1, true);
      const slope = tf.sum(tf.mul(slopes, tf.cast(tf.greater(room, length), 'float32')), 1, true);
      const missing = tf.maximum(tf.sub(height, reached), 0);
      const longer = tf.minimum(tf.add(length, tf.div(missing, tf.maximum(slope, LEAST_SLOPE))), 1) as tf.Tensor2D;
      return [longer, tf.max(tf.sub(longer, length))];
    });
    tf.dispose(length);
    length = next as tf.Tensor2D;
    const grown = growth.dataSync()[0];
    growth.dispose();
    if (!(grown > RESOLUTION)) break;
  }
  return length;
}

/**
 * The smallest L-infinity step d, per row, with <normal, d> = gap and points + d in [0,1] (Croce and Hein 2020, "Minimally
 * distorted adversarial examples", equation 3); the longest there is where no point of [0,1] is on the hyperplane.
 * Every pixel moves alike until a bound stops it, so <normal, d> is concave and piecewise linear in the length, and
 * Newton's method from 0 finds the root in few steps. points and normal [N,D], gap [N]; the caller frees the result.
 */
export function hyperplaneStep(points: tf.Tensor2D, normal: tf.Tensor2D, gap: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => {
    const way = tf.mul(tf.sign(normal), tf.sign(gap).expandDims(1)) as tf.Tensor2D;
    const room = tf.where(tf.greater(way, 0), tf.sub(1, points), points) as tf.Tensor2D;
    const length = stepLength(tf.abs(normal), room, tf.abs(gap).expandDims(1) as tf.Tensor2D);
    return tf.mul(way, tf.minimum(room, length)) as tf.Tensor2D;
  });
}
