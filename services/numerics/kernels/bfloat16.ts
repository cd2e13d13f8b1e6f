import { invalidField } from '../../app-error.ts';
import { tf } from '../backend.ts';
import { castTo } from './cast.ts';
import { freezeConv, frozenConv2d } from './frozen-conv2d.ts';
import { relu } from './relu.ts';

let isChecked = false;

/**
 * Fails where this TensorFlow can't compute in bfloat16; tried once. Processors without bfloat16 of their own do it slowly.
 * INVALID_FIELD.
 */
export function requireBfloat16(): void {
  if (isChecked) return;
  try {
    tf.tidy(() => {
      const conv = freezeConv(tf.ones([1, 1, 1, 1]), tf.ones([1]), { stride: 1, padding: 0 }, 'bf16');
      const run = (x: tf.Tensor) => castTo(relu(frozenConv2d(castTo(x as tf.Tensor4D, 'bf16'), conv)), 'f32');
      tf.grad((x: tf.Tensor) => tf.sum(run(x)))(tf.ones([1, 1, 1, 1]));
    });
  } catch (error) {
    const [cause] = String((error as Error).message).split('\n');
    throw invalidField('precision', `PRECISION_BF16 does not run on this machine (${cause}); use PRECISION_F32`);
  }
  isChecked = true;
}
