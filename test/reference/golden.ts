import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { tf } from '../../services/numerics/backend.ts';
import type { ArchitectureSpec } from '../../services/numerics/models/architecture-spec.ts';
import { createModel, type Model } from '../../services/numerics/models/model.ts';
import { at } from '../../services/numerics/objectives/at.ts';
import { mart } from '../../services/numerics/objectives/mart.ts';
import { trades } from '../../services/numerics/objectives/trades.ts';
import * as formulas from './formulas.ts';

/** Largest difference from PyTorch, relative to the value. */
const RELATIVE = 1e-4;

/** Difference that a value near 0 may have, relative to the largest of its array: what float32 loses where large terms cancel. */
const FLOOR = 2e-5;

/** An architecture, the images it takes (height, width, channels) and its number of classes. */
export interface GoldenSpec extends ArchitectureSpec {
  readonly image: readonly [number, number, number];
  readonly classes: number;
}

/** The objectives by the names that the golden files use, with their weights there (objectives.py). */
export const OBJECTIVES = { AT: at, TRADES: trades(6), MART: mart(5) } as const;

/** Their names. */
export const OBJECTIVE_NAMES = Object.keys(OBJECTIVES) as (keyof typeof OBJECTIVES)[];

/** Reads golden/<name>.json. */
export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8')) as T;
}

/**
 * Fails unless the arrays have the same length and every value is within 1e-4 of PyTorch's.
 * `absolute` is a difference that is allowed besides.
 */
export function expectClose(
  actual: tf.Tensor | ArrayLike<number>,
  expected: readonly number[],
  what: string,
  absolute = 0,
): void {
  const values = actual instanceof tf.Tensor ? actual.dataSync() : actual;
  expect(values.length, `${what}: number of values`).toBe(expected.length);
  const floor = absolute + FLOOR * Math.max(...expected.map(Math.abs));
  const far = expected.flatMap((wanted, i) =>
    Math.abs(values[i] - wanted) <= RELATIVE * Math.abs(wanted) + floor ? [] : [{ i, wanted, found: values[i] }],
  );
  expect(far, what).toEqual([]);
}

const imageShape = ({ image: [height, width, channels] }: GoldenSpec) => ({ height, width, channels });

/** The model of a spec with the formulas' weights. */
export function goldenModel(spec: GoldenSpec): Model {
  const { image, classes, ...architecture } = spec;
  const channels = image[2];
  const model = createModel({
    spec: architecture,
    image: imageShape(spec),
    classes,
    normalisation: { mean: Array<number>(channels).fill(0), std: Array<number>(channels).fill(1) },
    seed: 0n,
  });
  model.weights.load(formulas.weights(model.weights.shapes()));
  return model;
}

/** Clean images named `prefix`. */
export function goldenImages(prefix: string, count: number, spec: GoldenSpec): tf.Tensor4D {
  return tf.tensor4d(formulas.images(prefix, count, imageShape(spec)), [count, ...spec.image]);
}

/** Clean images, images moved by up to radius, and labels, as cases.py draws them. */
export function goldenBatch(prefix: string, count: number, spec: GoldenSpec, radius: number) {
  const clean = formulas.images(`${prefix}/images`, count, imageShape(spec));
  const moved = formulas.shifted(clean, `${prefix}/offset`, radius);
  const shape: [number, number, number, number] = [count, ...spec.image];
  const labels = formulas.labels(count, spec.classes);
  return {
    clean: tf.tensor4d(clean, shape),
    moved: tf.tensor4d(moved, shape),
    labels,
    oneHot: oneHot(labels, spec.classes),
  };
}

/** Labels as rows [N,C]. */
export function oneHot(labels: readonly number[], classes: number): tf.Tensor2D {
  return tf.oneHot(tf.tensor1d([...labels], 'int32'), classes).cast('float32') as tf.Tensor2D;
}
