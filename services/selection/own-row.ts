import type { RankOneGradients } from './gradients.ts';

/**
 * The gradients by row `label` of the last layer alone, e_label · [h;1], d+1 numbers each: what one class's logit
 * contributes. Features are shared, not copied.
 */
export function ownRow(gradients: RankOneGradients, label: number): RankOneGradients {
  const { examples, classes } = gradients;
  const terms = gradients.terms.map(({ errors, features }) => ({
    errors: Float32Array.from({ length: examples }, (_, i) => errors[i * classes + label]),
    features,
  }));
  return { ...gradients, classes: 1, terms };
}
