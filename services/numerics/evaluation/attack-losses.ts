import { tf } from '../backend.ts';

/** Stands for the logit of a class that is left out: less than any logit, and still finite in float32. */
const LEFT_OUT = -3e38;

/** Keeps the DLR loss finite where the logits it is divided by are all the same (as in the release of AutoAttack). */
const LEAST_SPREAD = 1e-12;

/** Least number of classes of the targeted DLR loss, which looks at the first, third and fourth greatest logits. */
export const LEAST_DLR_CLASSES = 4;

/** z_y - max_{k != y} z_k per example [N]: negative where the model is wrong. */
export function margin(logits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Tensor1D {
  const others = tf.where(tf.cast(oneHot, 'bool'), LEFT_OUT, logits);
  return tf.sub(tf.sum(tf.mul(logits, oneHot), -1), tf.max(others, -1)) as tf.Tensor1D;
}

/** z_t - z_y per example [N]; target classes t as rows [N,C]. */
export function logitDifference(logits: tf.Tensor2D, oneHot: tf.Tensor2D, target: tf.Tensor2D): tf.Tensor1D {
  return tf.sum(tf.mul(logits, tf.sub(target, oneHot)), -1) as tf.Tensor1D;
}

/** Classes of each row from the greatest logit down, the first of equals first. */
function ranking(logits: tf.Tensor2D): number[][] {
  const classes = logits.shape[1];
  const values = logits.dataSync();
  return Array.from({ length: logits.shape[0] }, (_, row) =>
    Array.from({ length: classes }, (_, k) => k).sort((a, b) => values[row * classes + b] - values[row * classes + a]),
  );
}

/**
 * Targeted difference of logits ratio -(z_y - z_t) / (z_1 - (z_3 + z_4) / 2) per example [N], z_1 >= z_2 >= ... the
 * sorted logits (Croce and Hein 2020, equation 7). The order is read on the host: sorting has no gradient here.
 */
export function targetedDlr(logits: tf.Tensor2D, oneHot: tf.Tensor2D, target: tf.Tensor2D): tf.Tensor1D {
  const [rows, classes] = logits.shape;
  const spread = new Float32Array(rows * classes);
  for (const [row, order] of ranking(logits).entries()) {
    spread[row * classes + order[0]] = 1;
    spread[row * classes + order[2]] = -0.5;
    spread[row * classes + order[3]] = -0.5;
  }
  const divisor = tf.sum(tf.mul(logits, tf.tensor2d(spread, [rows, classes])), -1);
  return tf.div(logitDifference(logits, oneHot, target), tf.add(divisor, LEAST_SPREAD)) as tf.Tensor1D;
}

/** The `rank`-th likeliest class that is not the true one, from 1, as rows [N,C]; the caller frees them. */
export function classOfRank(logits: tf.Tensor2D, oneHot: tf.Tensor2D, rank: number): tf.Tensor2D {
  return tf.tidy(() => {
    const labels = tf.argMax(oneHot, -1).dataSync();
    const wrong = ranking(logits).map((order, row) => order.filter((k) => k !== labels[row])[rank - 1]);
    return tf.oneHot(tf.tensor1d(wrong, 'int32'), logits.shape[1]).cast('float32') as tf.Tensor2D;
  });
}
