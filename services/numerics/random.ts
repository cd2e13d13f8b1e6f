import { createHash } from 'node:crypto';
import { runOp, tf, typeAttribute } from './backend.ts';

/** The two words that seed one of TensorFlow's stateless generators. */
export type SeedPair = readonly [number, number];

/** A seed for one purpose: SHA-256 over the run's seed and the parts, so that purposes never share a stream. */
export function deriveSeed(seed: bigint, ...parts: readonly (string | number)[]): SeedPair {
  const digest = createHash('sha256')
    .update([seed, ...parts].join('/'))
    .digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

function stateless(op: string, shape: readonly number[], seed: SeedPair): tf.Tensor {
  const shapeTensor = tf.tensor1d([...shape], 'int32');
  const seedTensor = tf.tensor1d([...seed], 'int32');
  const attributes = [typeAttribute('T', 'int32'), typeAttribute('Tseed', 'int32'), typeAttribute('dtype')];
  const values = runOp(op, attributes, [shapeTensor, seedTensor]);
  shapeTensor.dispose();
  seedTensor.dispose();
  return values;
}

/** Uniform values in [0,1): a function of shape and seed alone (Philox, Salmon 2011). */
export function uniform(shape: readonly number[], seed: SeedPair): tf.Tensor {
  return stateless('StatelessRandomUniform', shape, seed);
}

/** Standard normal values: a function of shape and seed alone. */
export function normal(shape: readonly number[], seed: SeedPair): tf.Tensor {
  return stateless('StatelessRandomNormal', shape, seed);
}
