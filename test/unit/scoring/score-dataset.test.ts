import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { SelectionSpecSchema } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { modelForDataset } from '../../../services/dataset/tensor-batch.ts';
import { tf } from '../../../services/numerics/backend.ts';
import { encodeSafetensors } from '../../../services/numerics/models/safetensors.ts';
import { PassCounter } from '../../../services/numerics/pass-counter.ts';
import { measureDataset } from '../../../services/scoring/measure-dataset.ts';
import { scoreDataset, selectSubset } from '../../../services/scoring/score-dataset.ts';
import type { SelectRequest, Target } from '../../../services/scoring/score-messages.ts';
import { selectors } from '../../../services/selection/registry.ts';
import { resolveSelection } from '../../../services/spec/selection.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { directContext } from '../direct-context.ts';
import { tinyDataset } from '../tiny-dataset.ts';
import { signalFile } from './signal-file.ts';
import { tinyTarget } from './targets.ts';

const EXAMPLES = 60;
const dataset = tinyDataset({ train: EXAMPLES });
const NAMES = [...selectors.keys()];

const selectionOf = (scorer: string, changes: { fraction?: number; classFloor?: number } = {}) =>
  resolveSelection(create(SelectionSpecSchema, { scorer, fraction: 0.3, ...changes }), 'selection');

function select(scorer: string, changes: Partial<SelectRequest> = {}, context = directContext()) {
  return selectSubset(dataset, { target: tinyTarget(), selection: selectionOf(scorer), ...changes }, context);
}

/** The file of a model that differs from the one drawn from the target's seed. */
function otherCheckpoint(target: Target): Uint8Array {
  const model = modelForDataset(dataset, target.model, 1234n);
  const file = encodeSafetensors(model.weights.snapshot());
  model.dispose();
  return file;
}

describe('selectSubset', () => {
  test.each(NAMES)('by %s keeps k examples, the same ones for the same request', async (scorer) => {
    const before = tf.memory().numTensors;
    const result = await select(scorer);
    expect(tf.memory().numTensors).toBe(before);
    expect(result.indices).toHaveLength(18);
    expect([...result.indices]).toEqual([...new Set(result.indices)].sort((a, b) => a - b));
    expect(result.indices.at(-1)).toBeLessThan(EXAMPLES);
    const again = await select(scorer);
    expect(again.indices).toEqual(result.indices);
    expect(again.weights).toEqual(result.weights);
    expect(result.scorerVersion).toBe(selectors.get(scorer)!.version);
    expect(result.dataset).toMatchObject({ fingerprint: dataset.fingerprint, trainExamples: EXAMPLES });
    const { keptPerClass, effectiveSampleSize, overlap } = result.quality;
    expect(keptPerClass.reduce((sum, kept) => sum + kept, 0)).toBe(18);
    expect(effectiveSampleSize).toBeGreaterThan(0);
    expect(effectiveSampleSize).toBeLessThanOrEqual(18 + 1e-6);
    expect(overlap).toBeUndefined();
  });

  test('has weights and a residual from gradient matching, neither from a ranking', async () => {
    const matched = await select('adv-grad-match');
    expect(matched.weights).toHaveLength(18);
    expect(matched.quality.residual).toBeGreaterThanOrEqual(0);
    expect(matched.quality.residual).toBeLessThan(1);
    const ranked = await select('el2n');
    expect('weights' in ranked).toBe(false);
    expect('residual' in ranked.quality).toBe(false);
    expect(ranked.quality.effectiveSampleSize).toBeCloseTo(18, 9);
  });

  test('tells its overlap with the set before', async () => {
    const { indices } = await select('random');
    expect((await select('random', { previous: indices })).quality.overlap).toBe(1);
    const others = Uint32Array.from({ length: EXAMPLES }, (_, i) => i).filter((index) => !indices.includes(index));
    expect((await select('random', { previous: others })).quality.overlap).toBe(0);
  });

  test('keeps every class where the floor asks for it', async () => {
    const { quality } = await select('el2n', { selection: selectionOf('el2n', { classFloor: 1 }) });
    expect(quality.keptPerClass).toEqual([6, 6, 6]);
  });

  test('keeps at least one, and all where all are asked for', async () => {
    expect((await select('random', { selection: selectionOf('random', { fraction: 0.001 }) })).indices).toHaveLength(1);
    const { indices } = await select('el2n', { selection: selectionOf('el2n', { fraction: 1 }) });
    expect(indices).toEqual(Uint32Array.from({ length: EXAMPLES }, (_, i) => i));
  });

  test('books attack and scoring apart, and the passes of what it attacked', async () => {
    const started = performance.now();
    const { cost } = await select('adv-grad-match');
    const elapsed = (performance.now() - started) / 1000;
    const { attack, scoring, total, update, waiting } = cost.seconds!;
    expect(attack).toBeGreaterThan(0);
    expect(scoring).toBeGreaterThan(0);
    expect(attack + scoring).toBeCloseTo(total, 9);
    expect(total).toBeLessThanOrEqual(elapsed);
    expect([update, waiting]).toEqual([0, 0]);
    expect(cost.passes).toMatchObject({ forward: 240n, backward: 120n });
    expect((await select('random')).cost.passes).toMatchObject({ forward: 0n, backward: 0n });
  });

  test('draws chance from the seed', async () => {
    const indices = async (seed: bigint) =>
      (await select('random', { target: tinyTarget(ObjectiveKind.AT, { seed }) })).indices;
    expect(await indices(1n)).not.toEqual(await indices(2n));
  });

  test("refuses a data set that is not the trainer's", async () => {
    expect(await select('random', { expectedFingerprint: dataset.fingerprint })).toBeDefined();
    for (const expectedFingerprint of ['0'.repeat(64), '']) {
      const { message } = await expectAppError(
        select('random', { expectedFingerprint }),
        ErrorReason.INVALID_INDEX_SET,
      );
      expect(message).toContain("'tiny' differs from the trainer's");
    }
  });

  test('scores with the checkpoint where one is given, and refuses one of another model', async () => {
    const target = tinyTarget();
    const fresh = await select('adv-grad-match', { target });
    const other = await select('adv-grad-match', { target: { ...target, checkpoint: otherCheckpoint(target) } });
    expect(other.indices).not.toEqual(fresh.indices);
    const model = { ...target.model, width: 3 };
    const bad = select('el2n', { target: { ...target, model, checkpoint: otherCheckpoint(target) } });
    await expectAppError(bad, ErrorReason.CORRUPT_CHECKPOINT);
  });

  test('stops while it selects, and leaves no tensor behind', async () => {
    await select('adv-grad-match');
    const before = tf.memory().numTensors;
    const context = directContext();
    const stopsAtSelection = {
      ...context,
      progress: (value: unknown) => {
        if ((value as { phase: string }).phase === 'select') context.stop();
      },
    };
    await expectAppError(select('adv-grad-match', {}, stopsAtSelection), ErrorReason.CANCELLED);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the scores of a selection', () => {
  test.each(NAMES)('by %s are one per example, with what they mean', async (scorer) => {
    const { scores } = await select(scorer);
    expect(scores!.values).toHaveLength(EXAMPLES);
    expect(scores!.values.every(Number.isFinite)).toBe(true);
    expect(scores!.meaning).toBe(selectors.get(scorer)!.scoreMeaning);
  });
});

describe('held-out examples', () => {
  const withHeldOut = tinyDataset({ train: EXAMPLES, validation: 30 });
  const selectFrom = (data: typeof dataset, scorer: string, context = directContext()) =>
    selectSubset(data, { target: tinyTarget(), selection: selectionOf(scorer) }, context);

  test('are attacked for a scorer that reads them, and decide what it keeps', async () => {
    const context = directContext();
    const plain = await selectFrom(dataset, 'adv-glister');
    const validated = await selectFrom(withHeldOut, 'adv-glister', context);
    expect(validated.indices).not.toEqual(plain.indices);
    expect(plain.cost.passes).toMatchObject({ forward: 240n, backward: 120n });
    expect(validated.cost.passes).toMatchObject({ forward: 360n, backward: 180n });
    expect(validated.dataset.validationExamples).toBe(30);
    const attacks = context.told.filter((told) => (told as { phase: string }).phase === 'attack');
    expect(attacks.at(-1)).toEqual({ phase: 'attack', done: 90, total: 90 });
  });

  test.each(['adv-grad-match', 'el2n', 'random'])('are left alone by %s', async (scorer) => {
    const [plain, beside] = [await selectFrom(dataset, scorer), await selectFrom(withHeldOut, scorer)];
    expect(beside.indices).toEqual(plain.indices);
    expect(beside.cost.passes).toEqual(plain.cost.passes);
  });
});

describe('a history', () => {
  test('is told to a scorer that reads it, and comes back with this round added', async () => {
    const first = await select('forgetting');
    expect(first.history!.correctBefore).toHaveLength(EXAMPLES);
    // As if every example had been right and one of them forgotten twice already.
    const history = { correctBefore: new Uint8Array(EXAMPLES).fill(1), forgettingCounts: new Uint16Array(EXAMPLES) };
    history.forgettingCounts[7] = 2;
    const second = await select('forgetting', { history });
    expect(second.history!.correctBefore).toEqual(first.history!.correctBefore);
    const wrong = first.history!.correctBefore.map((right) => 1 - right);
    expect([...second.history!.forgettingCounts]).toEqual(
      Array.from(wrong, (forgotten, i) => history.forgettingCounts[i] + forgotten),
    );
    expect(second.scores!.values).not.toEqual(first.scores!.values);
    expect(second.indices).toContain(7);
  });

  test('is nothing to others', async () => {
    const history = { correctBefore: new Uint8Array(EXAMPLES), forgettingCounts: new Uint16Array(EXAMPLES) };
    const { indices, ...rest } = await select('el2n', { history });
    expect(indices).toEqual((await select('el2n')).indices);
    expect('history' in rest).toBe(false);
  });
});

describe("training's signals", () => {
  /** Everything of every example, measured by the target's own model. */
  async function measuredSignals() {
    const target = tinyTarget();
    const model = modelForDataset(dataset, target.model, target.seed);
    const needed = [Signal.CLEAN_LOGITS, Signal.ADVERSARIAL_LOGITS, Signal.CLEAN_FEATURES, Signal.ADVERSARIAL_FEATURES];
    const options = { needed, passes: new PassCounter() };
    return measureDataset(dataset, model, target, options, directContext()).finally(() => model.dispose());
  }

  test('spare the examples they are of an attack', async () => {
    const indices = Uint32Array.from({ length: 45 }, (_, i) => i);
    const trainingSignals = signalFile(await measuredSignals(), indices);
    const plain = await select('adv-grad-match');
    const spared = await select('adv-grad-match', { trainingSignals });
    expect(spared.indices).toEqual(plain.indices);
    expect(spared.cost.passes).toMatchObject({ forward: 60n, backward: 30n });
    expect('ignoredSignals' in spared).toBe(false);
  });

  test('are left aside where they are bad, and all examples attacked', async () => {
    const plain = await select('adv-grad-match');
    const others = { ...(await measuredSignals()), classes: 2 };
    for (const file of [Buffer.from('x'), signalFile(others, Uint32Array.of(1))]) {
      const result = await select('adv-grad-match', { trainingSignals: file });
      expect(result.ignoredSignals).toMatch(/safetensors|shape/);
      expect(result.indices).toEqual(plain.indices);
      expect(result.cost.passes).toEqual(plain.cost.passes);
    }
  });
});

describe('scoreDataset', () => {
  const score = (scorer: string) =>
    scoreDataset(dataset, { target: tinyTarget(), scorer, parameters: {} }, directContext());

  test.each(['adversarial-loss', 'el2n'])(
    'by %s gives every example a score, and selects the highest',
    async (scorer) => {
      const before = tf.memory().numTensors;
      const { scores, dataset: info, cost } = await score(scorer);
      expect(tf.memory().numTensors).toBe(before);
      expect(scores).toHaveLength(EXAMPLES);
      expect(scores.every(Number.isFinite)).toBe(true);
      expect(info.trainExamples).toBe(EXAMPLES);
      expect(cost.passes!.forward).toBeGreaterThan(0n);
      const { indices } = await select(scorer);
      const kept = Math.min(...[...indices].map((index) => scores[index]));
      const dropped = scores.filter((_, index) => !indices.includes(index));
      expect(kept).toBeGreaterThanOrEqual(Math.max(...dropped));
    },
  );

  test.each(['adv-grad-match', 'random'])('refuses %s, which makes sets', async (scorer) => {
    const { fields } = await expectAppError(score(scorer), ErrorReason.INVALID_FIELD);
    expect(fields).toMatchObject([{ field: 'scorer', description: expect.stringContaining('SelectSubset') }]);
  });

  test('refuses a scorer that it does not know', async () => {
    await expectAppError(score('luck'), ErrorReason.UNKNOWN_SCORER);
  });
});
