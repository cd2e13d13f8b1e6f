import { describe, expect, it } from 'vitest';
import { type GlisterOptions, selectGlister, stepScale } from '../../../services/selection/glister.ts';
import { gradientSource, signalGradients } from '../../../services/selection/gradient-source.ts';
import { rankOneGradients } from '../../../services/selection/gradients.ts';
import { keptPerClass, subsetResidual } from '../../../services/selection/quality.ts';
import { materialise } from './dense-reference.ts';
import { lastLayerLoss, randomLayer, withLayer } from './last-layer.ts';
import { type FullSignals, objectives, syntheticSignals } from './synthetic-signals.ts';

const base = { classFloor: 0, rounds: 5, eta: 2 };
const [classes, features] = [4, 6];
const layer = randomLayer(5, classes, features);

/**
 * GLISTER the plain way: gradients written out, and each gain the slope of the validation loss, taken by definition at
 * θ − η Σ_{j∈S} g_j, towards −g_i.
 */
function bruteForce(
  train: FullSignals,
  validation: FullSignals,
  options: Omit<GlisterOptions, 'classFloor'>,
): number[] {
  const { objective, k, rounds, eta } = options;
  const gradients = rankOneGradients(train, objective);
  const dense = materialise(gradients);
  const scale = stepScale(gradientSource(gradients), k, eta);
  const chosen: number[] = [];
  for (let round = 1; round <= Math.min(rounds, k); round += 1) {
    const moved = layer.map((value, j) => value - scale * chosen.reduce((sum, i) => sum + dense[i][j], 0));
    const gains = dense.map((gradient) => {
      const at = (t: number) =>
        lastLayerLoss(
          validation,
          objective,
          moved.map((value, j) => value - t * gradient[j]),
        );
      return (at(-1e-6) - at(1e-6)) / 2e-6;
    });
    const open = [...gains.keys()].filter((i) => !chosen.includes(i));
    open.sort((a, b) => gains[b] - gains[a] || a - b);
    const wanted = Math.ceil((round * k) / Math.min(rounds, k)) - chosen.length;
    chosen.push(...open.slice(0, wanted));
  }
  return chosen.sort((a, b) => a - b);
}

describe.each([...objectives])('selectGlister under %s', (_, objective) => {
  const train = withLayer(syntheticSignals(6, 40, classes, features), layer);
  const validation = withLayer(syntheticSignals(6, 60, classes, features), layer);

  it.each([
    [12, 4, 2],
    [12, 12, 5],
    [7, 3, 2],
    [3, 20, 1],
    [10, 5, 0],
  ])('picks what the Taylor objective says at k = %d, %d rounds, eta %d', async (k, rounds, eta) => {
    const options = { objective, k, rounds, eta };
    const { indices } = await selectGlister(signalGradients(train, objective), train.labels, validation, {
      ...base,
      ...options,
    });
    expect([...indices]).toEqual(bruteForce(train, validation, options));
  });

  it('gains as much at once as a small step really does', async () => {
    const dense = materialise(rankOneGradients(train, objective));
    const drop = (i: number) =>
      lastLayerLoss(validation, objective, layer) -
      lastLayerLoss(
        validation,
        objective,
        layer.map((value, j) => value - 1e-5 * dense[i][j]),
      );
    const { indices } = await selectGlister(signalGradients(train, objective), train.labels, validation, {
      ...base,
      objective,
      k: 1,
    });
    const drops = dense.map((_, i) => drop(i));
    expect(indices[0]).toBe(drops.indexOf(Math.max(...drops)));
  });

  it('keeps more of a class that is rare in training but not in validation', async () => {
    const rare = Uint16Array.from({ length: 200 }, (_, i) => (i % 20 === 0 ? 3 : i % 3));
    const common = Uint16Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 3 : i % 3));
    // One draw for both, as centres depend on the seed alone; the logits know nothing of any class.
    const blank = (signals: FullSignals): FullSignals => ({
      ...signals,
      cleanLogits: new Float32Array(200 * classes),
      adversarialLogits: new Float32Array(200 * classes),
    });
    const few = blank(syntheticSignals(8, 200, classes, features, rare));
    const many = blank(syntheticSignals(8, 200, classes, features, common));
    const keptOf = async (held: FullSignals) => {
      const { indices } = await selectGlister(signalGradients(few, objective), few.labels, held, {
        ...base,
        objective,
        k: 20,
        eta: 0.5,
      });
      return keptPerClass(indices, rare, classes)[3];
    };
    expect(await keptOf(many)).toBe(10);
    expect(await keptOf(few)).toBeLessThan(5);
  });

  it('reports the residual of its subset at equal weights', async () => {
    const { indices, residual } = await selectGlister(signalGradients(train, objective), train.labels, validation, {
      ...base,
      objective,
      k: 9,
    });
    expect(residual).toBeCloseTo(subsetResidual(rankOneGradients(train, objective), indices), 12);
  });
});

describe('selectGlister', () => {
  const objective = objectives.get('AT')!;
  const train = withLayer(syntheticSignals(6, 40, classes, features), layer);

  it('does not depend on the scale of the features', async () => {
    const scaled = { ...train, adversarialFeatures: train.adversarialFeatures.map((value) => 16 * value) };
    const scale = (signals: FullSignals) => stepScale(signalGradients(signals, objective), 10, 2);
    const squares = train.adversarialFeatures.reduce((sum, value) => sum + value * value, 0) / 40;
    expect(scale(train)).toBeCloseTo((2 * 4) / (10 * (squares + 1)), 10);
    expect(scale(scaled)).toBeCloseTo((2 * 4) / (10 * (256 * squares + 1)), 10);
  });

  it('takes the lower of equal examples and tells its progress', async () => {
    const one = syntheticSignals(1, 1, classes, features);
    const repeat = (row: Float32Array) => Float32Array.from({ length: 10 * row.length }, (_, i) => row[i % row.length]);
    const same = {
      ...train,
      examples: 10,
      labels: new Uint16Array(10),
      adversarialLogits: repeat(one.adversarialLogits),
      adversarialFeatures: repeat(one.adversarialFeatures),
    };
    const progress: number[] = [];
    const onProgress = (done: number) => progress.push(done);
    const { indices } = await selectGlister(signalGradients(same, objective), same.labels, train, {
      ...base,
      objective,
      k: 4,
      rounds: 2,
      onProgress,
    });
    expect(indices).toEqual(Uint32Array.of(0, 1, 2, 3));
    expect(progress).toEqual([5, 10]);
  });

  it('keeps floors, filling the last places with what is owed', async () => {
    const labels = Uint16Array.from({ length: 40 }, (_, i) => i % 4);
    // Validation of class 0 alone: without a floor nothing else is wanted.
    const held = syntheticSignals(6, 30, classes, features, new Uint16Array(30));
    const kept = async (classFloor: number) =>
      keptPerClass(
        (
          await selectGlister(signalGradients(train, objective), train.labels, held, {
            ...base,
            objective,
            k: 8,
            eta: 0,
            classFloor,
          })
        ).indices,
        labels,
        4,
      );
    const free = await kept(0);
    expect(Math.min(...free)).toBe(0);
    expect(Math.min(...(await kept(0.5)))).toBe(1);
    expect(await kept(1)).toEqual(Uint32Array.of(2, 2, 2, 2));
  });

  it('refuses unlike validation signals and a k it cannot keep, and stops between rounds', async () => {
    const other = syntheticSignals(1, 10, classes, features + 1);
    await expect(
      selectGlister(signalGradients(train, objective), train.labels, other, { ...base, objective, k: 3 }),
    ).rejects.toThrow('4 classes and 7 features');
    await expect(
      selectGlister(signalGradients(train, objective), train.labels, train, { ...base, objective, k: 41 }),
    ).rejects.toThrow('1 to 40');
    const controller = new AbortController();
    const rounds: number[] = [];
    const onProgress = (done: number) => {
      rounds.push(done);
      controller.abort();
    };
    const options = { ...base, objective, k: 10, signal: controller.signal, onProgress };
    await expect(selectGlister(signalGradients(train, objective), train.labels, train, options)).rejects.toThrow(
      'cancelled',
    );
    expect(rounds).toEqual([8]);
  });
});
