import { describe, expect, it } from 'vitest';
import { Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { classCounts, classFloors } from '../../services/selection/balance.ts';
import { NEVER_LEARNED, type SelectionHistory } from '../../services/selection/history.ts';
import { plainMatMul } from '../../services/selection/matmul.ts';
import { resolveParameters, selectors } from '../../services/selection/registry.ts';
import {
  neededSignals,
  type SelectedSubset,
  type Selector,
  type SelectorInput,
} from '../../services/selection/selector.ts';
import { shuffled } from '../../services/selection/shuffled.ts';
import { validateSignals } from '../../services/selection/signals.ts';
import {
  type FullSignals,
  objectives,
  permuteSignals,
  seededRandom,
  syntheticSignals,
} from '../unit/selection/synthetic-signals.ts';

const trades = objectives.get('TRADES')!;

/** An input for the selector with its defaults; `seed` feeds its only source of chance. */
function inputFor(selector: Selector, signals: FullSignals, k: number, more: Partial<SelectorInput> = {}, seed = 1) {
  return {
    signals,
    objective: trades,
    k,
    parameters: resolveParameters(selector, {}),
    random: seededRandom(seed),
    classFloor: 0,
    matMul: plainMatMul,
    ...more,
  } satisfies SelectorInput;
}

/** Selectors that make their choice by chance, whatever is given. */
const drawing = new Set(['adv-grad-match-batch', 'loss-drop', 'random']);

/** Forgetting counts and last predictions of any examples. */
function someHistory(examples: number): Required<SelectionHistory> {
  return {
    correctBefore: Uint8Array.from({ length: examples }, (_, i) => (i % 3 === 0 ? 0 : 1)),
    forgettingCounts: Uint16Array.from({ length: examples }, (_, i) => (i % 7 === 0 ? NEVER_LEARNED : (i * i) % 4)),
  };
}

/** Draws by chance what it drops, so that its scores do not say what is kept. */
const dropsByChance = 'loss-drop';

/** Within every class those kept stand at or above those dropped. */
function expectRanked({ scores, indices }: SelectedSubset, labels: Uint16Array): void {
  const kept = new Set(indices);
  for (const label of new Set(labels)) {
    const members = Array.from(labels.keys()).filter((i) => labels[i] === label);
    const scoresOf = (which: boolean) => members.filter((i) => kept.has(i) === which).map((i) => scores![i]);
    expect(Math.min(...scoresOf(true))).toBeGreaterThanOrEqual(Math.max(...scoresOf(false)));
  }
}

/** What holds of every subset. */
function expectSound({ indices, weights, residual, scores }: SelectedSubset, k: number, examples: number): void {
  expect(indices).toBeInstanceOf(Uint32Array);
  expect(indices).toHaveLength(k);
  for (let i = 1; i < k; i += 1) expect(indices[i]).toBeGreaterThan(indices[i - 1]);
  expect(indices[k - 1]).toBeLessThan(examples);
  if (weights !== undefined) {
    expect(weights).toHaveLength(k);
    expect(weights.every((weight) => Number.isFinite(weight) && weight > 0)).toBe(true);
  }
  if (residual !== undefined) expect(residual).toBeGreaterThanOrEqual(0);
  if (residual !== undefined) expect(Number.isFinite(residual)).toBe(true);
  expect(scores).toHaveLength(examples);
  expect(scores!.every(Number.isFinite)).toBe(true);
}

/** 40 examples of 6 classes: class 3 is empty, class 5 has one example. */
function unevenSignals(): FullSignals {
  const labels = Uint16Array.from({ length: 40 }, (_, i) => (i === 17 ? 5 : [0, 1, 1, 2, 4, 4, 4][i % 7]));
  return syntheticSignals(21, 40, 6, 8, labels);
}

describe.each([...selectors])('selector %s', (name, selector) => {
  it('describes itself', () => {
    expect(selector.name).toBe(name);
    expect(name).toMatch(/^[a-z0-9-]+$/);
    expect(selector.version).not.toBe('');
    expect(selector.description).toMatch(/^[A-Z].*\.$/);
    expect(selector.scoreMeaning).toMatch(/^[A-Z][^.]*\.$/);
    expect(new Set(selector.parameters.map((parameter) => parameter.name)).size).toBe(selector.parameters.length);
    for (const { defaultValue, minimum, maximum } of selector.parameters) {
      expect(defaultValue).toBeGreaterThanOrEqual(minimum);
      expect(defaultValue).toBeLessThanOrEqual(maximum);
    }
    expect(selector.output === 'scores').toBe(selector.scores !== undefined);
  });

  describe.each([...objectives])('under %s', (_, objective) => {
    it.each([1, 2, 13, 39, 40])('keeps exactly %d of 40', async (k) => {
      for (const signals of [syntheticSignals(20, 40, 4, 8), unevenSignals()]) {
        const subset = await selector.select(inputFor(selector, signals, k, { objective }));
        expectSound(subset, k, 40);
        if (name !== dropsByChance) expectRanked(subset, signals.labels);
      }
    });

    it('keeps exactly k with validation examples and a history as well', async () => {
      const signals = unevenSignals();
      const more = { objective, validation: syntheticSignals(29, 15, 6, 8), history: someHistory(40) };
      for (const k of [1, 13, 40]) {
        const subset = await selector.select(inputFor(selector, signals, k, more));
        expectSound(subset, k, 40);
        if (name !== dropsByChance) expectRanked(subset, signals.labels);
      }
    });

    it('reads validation examples and a history only where it says so', async () => {
      const signals = unevenSignals();
      const plain = await selector.select(inputFor(selector, signals, 13, { objective }));
      const validation = syntheticSignals(29, 15, 6, 8);
      const validated = await selector.select(inputFor(selector, signals, 13, { objective, validation }));
      if (!selector.readsValidation) expect(validated).toEqual(plain);
      else expect(validated.scores).not.toEqual(plain.scores);
      const history = someHistory(40);
      const remembering = await selector.select(inputFor(selector, signals, 13, { objective, history }));
      if (!selector.readsHistory) expect(remembering).toEqual(plain);
      else expect(remembering.scores).not.toEqual(plain.scores);
    });

    it('reads nothing but the signals it asks for', async () => {
      const { cleanLogits, cleanFeatures, ...attacked } = syntheticSignals(20, 40, 4, 8);
      const needed = neededSignals(selector, objective.kind);
      const whole = { ...attacked, cleanLogits, cleanFeatures };
      const empty = new Float32Array(0);
      const asked = {
        ...attacked,
        adversarialLogits: needed.includes(Signal.ADVERSARIAL_LOGITS) ? attacked.adversarialLogits : empty,
        adversarialFeatures: needed.includes(Signal.ADVERSARIAL_FEATURES) ? attacked.adversarialFeatures : empty,
        ...(needed.includes(Signal.CLEAN_LOGITS) ? { cleanLogits } : {}),
        ...(needed.includes(Signal.CLEAN_FEATURES) ? { cleanFeatures } : {}),
      };
      validateSignals(asked, needed);
      const some = await selector.select({ ...inputFor(selector, whole, 9, { objective }), signals: asked });
      expect(some).toEqual(await selector.select(inputFor(selector, whole, 9, { objective })));
    });
  });

  it('keeps the floor of every class, and the one example of a class when its budget is one', async () => {
    const signals = unevenSignals();
    for (const classFloor of [0.5, 1]) {
      const subset = await selector.select(inputFor(selector, signals, 30, { classFloor }));
      const { indices } = subset;
      expectSound(subset, 30, 40);
      if (name !== dropsByChance) expectRanked(subset, signals.labels);
      const counts = classCounts(signals.labels, 6);
      const kept = classCounts(
        Array.from(indices, (i) => signals.labels[i]),
        6,
      );
      classFloors(counts, 30, classFloor).forEach((floor, c) => {
        expect(kept[c]).toBeGreaterThanOrEqual(floor);
      });
      expect(kept[3]).toBe(0);
      expect(indices).toContain(17);
    }
  });

  it('copes with examples that are all the same', async () => {
    const one = syntheticSignals(22, 1, 3, 4);
    const repeat = (row: Float32Array) => Float32Array.from({ length: 12 * row.length }, (_, i) => row[i % row.length]);
    const same: FullSignals = {
      ...one,
      examples: 12,
      labels: new Uint16Array(12),
      cleanLogits: repeat(one.cleanLogits),
      adversarialLogits: repeat(one.adversarialLogits),
      cleanFeatures: repeat(one.cleanFeatures),
      adversarialFeatures: repeat(one.adversarialFeatures),
    };
    for (const k of [1, 5, 12]) expectSound(await selector.select(inputFor(selector, same, k)), k, 12);
  });

  it('copes with gradients of zero', async () => {
    const signals = syntheticSignals(23, 12, 3, 4);
    const certain = Float32Array.from({ length: 36 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 ? 1000 : 0));
    const solved = { ...signals, cleanLogits: certain, adversarialLogits: certain };
    for (const [, objective] of objectives) {
      const subset = await selector.select(inputFor(selector, solved, 7, { objective }));
      expectSound(subset, 7, 12);
      if (subset.residual !== undefined) expect(subset.residual).toBe(0);
    }
  });

  it('gives the same subset for the same seed, and reads its signals only', async () => {
    const signals = syntheticSignals(24, 60, 5, 8);
    const more = { validation: syntheticSignals(29, 15, 5, 8), history: someHistory(60) };
    for (const given of [{}, more]) {
      const before = structuredClone({ signals, more });
      const first = await selector.select(inputFor(selector, signals, 20, given, 7));
      expect(await selector.select(inputFor(selector, signals, 20, given, 7))).toEqual(first);
      expect({ signals, more }).toEqual(before);
    }
  });

  it('scores as it selects, where it scores', async () => {
    if (selector.scores === undefined) return expect(selector.output).toBe('set');
    const input = inputFor(selector, syntheticSignals(25, 60, 5, 8), 20);
    const scores = selector.scores(input);
    expect(scores).toHaveLength(60);
    expect(scores.every(Number.isFinite)).toBe(true);
    const { indices, scores: given } = await selector.select(input);
    expect(given).toEqual(Float32Array.from(scores));
    const least = Math.min(...Array.from(indices, (i) => scores[i]));
    const missed = scores.filter((_, i) => !indices.includes(i));
    expect(Math.max(...missed)).toBeLessThanOrEqual(least);
  });

  it('stops when cancelled, or is done at once', async () => {
    const input = inputFor(selector, syntheticSignals(26, 60, 5, 8), 20, { signal: AbortSignal.abort() });
    if (selector.output === 'set' && selector.needs.length > 0) {
      await expect(selector.select(input)).rejects.toThrow('cancelled');
    } else {
      expectSound(await selector.select(input), 20, 60);
    }
  });
});

/** No chance: a selector that asks for it fails. */
function noRandom(): number {
  throw new Error('a selector of no chance drew a number');
}

describe.each([...selectors].filter(([name]) => !drawing.has(name)))('selector %s', (_, selector) => {
  it.each([...objectives])('follows the examples into any order under %s', async (_name, objective) => {
    const signals = syntheticSignals(27, 80, 4, 8);
    const order = shuffled(80, seededRandom(3));
    const history = someHistory(80);
    const permutedHistory = {
      correctBefore: Uint8Array.from(order, (from) => history.correctBefore[from]),
      forgettingCounts: Uint16Array.from(order, (from) => history.forgettingCounts[from]),
    };
    const validation = syntheticSignals(30, 20, 4, 8);
    const more = { objective, classFloor: 0.5, validation, random: noRandom };
    const plain = await selector.select(inputFor(selector, signals, 24, { ...more, history }));
    const permuted = await selector.select(
      inputFor(selector, permuteSignals(signals, order), 24, { ...more, history: permutedHistory }),
    );
    const weightOf = (subset: SelectedSubset, index: (i: number) => number) =>
      new Map(Array.from(subset.indices, (i, position) => [index(i), subset.weights?.[position] ?? 1]));
    const expected = weightOf(plain, (i) => i);
    const found = weightOf(permuted, (i) => order[i]);
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [index, weight] of expected) expect(found.get(index)).toBeCloseTo(weight, 5);
    const scale = Math.max(...plain.scores!.map(Math.abs));
    order.forEach((from, to) => {
      expect(permuted.scores![to] / scale).toBeCloseTo(plain.scores![from] / scale, 4);
    });
  });
});

describe.each([...selectors].filter(([name]) => drawing.has(name)))('selector %s', (_, selector) => {
  it('gives other subsets for other seeds', async () => {
    const signals = syntheticSignals(28, 60, 5, 8);
    const draw = (seed: number) => selector.select(inputFor(selector, signals, 20, {}, seed));
    expect((await draw(1)).indices).not.toEqual((await draw(2)).indices);
  });
});
