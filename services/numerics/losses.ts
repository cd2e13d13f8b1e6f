import { tf } from './backend.ts';

/** Stands for the logit of a class that is left out: less than any logit, and still finite in float32. */
const LEFT_OUT = -3e38;

/** Cross-entropy CE(z, y) per example [N]; labels one-hot [N,C]. */
export function crossEntropy(logits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Tensor1D {
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), oneHot), -1)) as tf.Tensor1D;
}

/** KL(p || q) per example [N], p from clean and q from adversarial logits; gradient flows through both. */
export function klDivergence(cleanLogits: tf.Tensor2D, adversarialLogits: tf.Tensor2D): tf.Tensor1D {
  const logP = tf.logSoftmax(cleanLogits);
  const difference = tf.sub(logP, tf.logSoftmax(adversarialLogits));
  return tf.sum(tf.mul(tf.exp(logP), difference), -1) as tf.Tensor1D;
}

/**
 * Boosted cross-entropy -log q_y - log(1 - q_m) per example [N], m the likeliest wrong class (Wang 2020, equation 7).
 * One class is m, the first of equals. 1 - q_m is summed from the other classes' logits, so that its logarithm is
 * finite where float32 rounds q_m to 1.
 */
export function boostedCrossEntropy(adversarialLogits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Tensor1D {
  const leaveOut = (mask: tf.Tensor) => tf.where(tf.cast(mask, 'bool'), LEFT_OUT, adversarialLogits);
  const wrongest = tf.oneHot(tf.argMax(leaveOut(oneHot), -1), oneHot.shape[1]);
  const margin = tf.sub(tf.logSumExp(leaveOut(wrongest), -1), tf.logSumExp(adversarialLogits, -1));
  return tf.sub(crossEntropy(adversarialLogits, oneHot), margin) as tf.Tensor1D;
}

/** Probability of the true class p_y per example [N]. */
export function trueClassProbability(logits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Tensor1D {
  return tf.sum(tf.mul(tf.softmax(logits), oneHot), -1) as tf.Tensor1D;
}
