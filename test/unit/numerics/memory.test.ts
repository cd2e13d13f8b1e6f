import { expect, it } from 'vitest';
import { craft } from '../../../services/numerics/attacks/craft.ts';
import { tf } from '../../../services/numerics/backend.ts';
import { trades } from '../../../services/numerics/objectives/trades.ts';
import { outerGradients } from '../../../services/numerics/outer-step.ts';
import type { NetworkPrecision } from '../../../services/numerics/precision.ts';
import { Sgd } from '../../../services/numerics/sgd.ts';
import { tinyBatch, tinyModel } from './tiny-models.ts';

const STEPS = 200;
/** Steps after which buffers, compiled code and caches have their size. */
const WARM_UP = 20;
const MIB = 2 ** 20;
/** What the process may grow by in STEPS steps; a step that kept its activations would add more than 100 MiB to it. */
const MOST_GROWTH = 40 * MIB;

it.each(['f32', 'bf16'] as const)(
  'training steps with attacks in %s keep no memory',
  (precision: NetworkPrecision) => {
    const { model, image } = tinyModel('resnet');
    const batch = tinyBatch(32, image);
    const sgd = new Sgd(model.weights);
    const objective = trades(6);
    const step = (number: number) => {
      const budget = { epsilon: 0.03, stepSize: 0.01, steps: 2 };
      const adversarial = craft(model, objective, batch, budget, [number, 0], undefined, undefined, precision);
      const { gradients } = outerGradients(model, objective, { ...batch, adversarial }, [number, 1]);
      sgd.update(gradients, { learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4 });
      adversarial.dispose();
    };
    for (let i = 0; i < WARM_UP; i++) step(i);
    const { numTensors, numBytes } = tf.memory();
    const resident = process.memoryUsage().rss;
    for (let i = 0; i < STEPS; i++) step(i);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    expect(process.memoryUsage().rss - resident).toBeLessThan(MOST_GROWTH);
    sgd.dispose();
    model.dispose();
    tf.dispose([batch.images, batch.oneHot]);
  },
  120_000,
);
