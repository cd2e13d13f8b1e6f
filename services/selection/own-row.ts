import type { Candidates } from './per-class.ts';

/**
 * The gradients by row `label` of the last layer alone, e_label · [h;1], d+1 numbers each: what one class's logit
 * contributes; the target is cut to it as well. Features are shared, not copied.
 */
export function ownRow({ atoms, target, label, k }: Candidates): Candidates {
  const { examples, classes, features: width } = atoms;
  const terms = atoms.terms.map(({ errors, features }) => ({
    errors: Float32Array.from({ length: examples }, (_, i) => errors[i * classes + label]),
    features,
  }));
  const row = target.subarray(label * (width + 1), (label + 1) * (width + 1));
  return { atoms: { ...atoms, classes: 1, terms }, target: row, label, k };
}
