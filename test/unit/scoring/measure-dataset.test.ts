import { afterAll, describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { imageSize } from '../../../services/dataset/dataset.ts';
import { modelForDataset } from '../../../services/dataset/tensor-batch.ts';
import { tf } from '../../../services/numerics/backend.ts';
import { PassCounter } from '../../../services/numerics/pass-counter.ts';
import { type MeasureOptions, measureDataset } from '../../../services/scoring/measure-dataset.ts';
import { takeSignals, validateSignals } from '../../../services/selection/signals.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { directContext } from '../direct-context.ts';
import { largestDifference } from '../numerics/tensor-assertions.ts';
import { tinyDataset } from '../tiny-dataset.ts';
import { tinyTarget } from './targets.ts';

const ALL = [
  Signal.LABEL,
  Signal.CLEAN_LOGITS,
  Signal.ADVERSARIAL_LOGITS,
  Signal.CLEAN_FEATURES,
  Signal.ADVERSARIAL_FEATURES,
];
/** More than one batch, the last one smaller. */
const EXAMPLES = 300;

const dataset = tinyDataset({ train: EXAMPLES });
const model = modelForDataset(dataset, tinyTarget().model, 1n);
afterAll(() => model.dispose());

function measure(
  needed: readonly Signal[],
  data = dataset,
  target = tinyTarget(),
  context = directContext(),
  more: Partial<MeasureOptions> = {},
) {
  const passes = new PassCounter();
  const attacked: number[] = [];
  const onAttacked = (examples: number) => attacked.push(examples);
  const signals = measureDataset(data, model, target, { needed, passes, onAttacked, ...more }, context);
  return { passes, attacked, signals };
}

describe('measureDataset', () => {
  test('measures everything that is needed of every example', async () => {
    const { signals, passes, attacked } = measure(ALL);
    const measured = await signals;
    expect(() => validateSignals(measured, ALL)).not.toThrow();
    expect(measured).toMatchObject({ examples: EXAMPLES, classes: 3, features: model.features });
    expect(measured.labels).toEqual(dataset.train.labels);
    expect(largestDifference(measured.cleanLogits!, measured.adversarialLogits)).toBeGreaterThan(1e-4);
    expect(attacked).toEqual([256, 44]);
    // two steps, and the two passes that are read, of which the clean one serves TRADES' KL as well
    expect(passes).toMatchObject({ forwardPasses: EXAMPLES * 4, backwardPasses: EXAMPLES * 2 });
  });

  test.each([
    ['TRADES', ObjectiveKind.TRADES],
    ['AT', ObjectiveKind.AT],
  ])('gives an example the same signals whatever it is batched with (%s)', async (_name, kind) => {
    const part = 40;
    const front = {
      ...dataset,
      train: {
        images: dataset.train.images.subarray(0, part * imageSize(dataset)),
        labels: dataset.train.labels.subarray(0, part),
      },
    };
    const target = tinyTarget(kind);
    const all = await measure(ALL, dataset, target).signals;
    const few = await measure(ALL, front, target).signals;
    for (const [name, width] of [
      ['cleanLogits', 3],
      ['adversarialLogits', 3],
      ['cleanFeatures', model.features],
      ['adversarialFeatures', model.features],
    ] as const) {
      const [long, short] = [all[name]!, few[name]!];
      expect(short.length).toBe(part * width);
      // not bit by bit: another batch size may sum in another order
      expect(largestDifference(long.subarray(0, short.length), short)).toBeLessThan(1e-4);
    }
  });

  test('starts the attack of each example elsewhere', async () => {
    const { images, labels } = dataset.train;
    const grey = { ...dataset, train: { images: images.map(() => 128), labels } };
    const attack = { ...tinyTarget().attack, steps: 0 };
    const { adversarialLogits } = await measure(ALL, grey, tinyTarget(ObjectiveKind.AT, { attack })).signals;
    const rows = Array.from({ length: EXAMPLES }, (_, i) => adversarialLogits.subarray(3 * i, 3 * i + 3).join(' '));
    expect(new Set(rows).size).toBe(EXAMPLES);
  });

  test('is a function of the seed', async () => {
    const logits = async (seed: bigint) =>
      (await measure(ALL, dataset, tinyTarget(ObjectiveKind.AT, { seed })).signals).adversarialLogits;
    const first = await logits(9n);
    expect(await logits(9n)).toEqual(first);
    expect(await logits(10n)).not.toEqual(first);
  });

  test('keeps only what is needed', async () => {
    const signals = await measure([Signal.LABEL, Signal.ADVERSARIAL_LOGITS]).signals;
    expect(signals.adversarialLogits).toHaveLength(EXAMPLES * 3);
    expect(signals.cleanLogits).toHaveLength(0);
    expect(signals.cleanFeatures).toHaveLength(0);
    expect(signals.adversarialFeatures).toHaveLength(0);
  });

  test.each([[[]], [[Signal.LABEL]]])('attacks nothing where only labels are needed: %o', async (needed) => {
    const { signals, passes, attacked } = measure(needed);
    expect((await signals).labels).toEqual(dataset.train.labels);
    expect(passes).toMatchObject({ forwardPasses: 0, backwardPasses: 0 });
    expect(attacked).toEqual([]);
  });

  test('measures held-out examples in the same way, under attacks of their own', async () => {
    const twice = { ...dataset, validation: dataset.train };
    const target = tinyTarget(ObjectiveKind.AT);
    const train = await measure(ALL, twice, target).signals;
    const held = measure(ALL, twice, target, directContext(), { part: 'validation' });
    const validation = await held.signals;
    expect(() => validateSignals(validation, ALL)).not.toThrow();
    expect(validation.cleanLogits).toEqual(train.cleanLogits);
    expect(validation.adversarialLogits).not.toEqual(train.adversarialLogits);
    expect(held.passes).toMatchObject({ forwardPasses: EXAMPLES * 4, backwardPasses: EXAMPLES * 2 });
    const none = measure(ALL, dataset, target, directContext(), { part: 'validation' });
    expect((await none.signals).examples).toBe(0);
  });

  test('takes over what is known and attacks the others alone, with the same result', async () => {
    const all = await measure(ALL).signals;
    const indices = Uint32Array.from({ length: 120 }, (_, i) => 299 - 2 * i);
    const signals = takeSignals(all, indices);
    const known = { indices, signals: { ...signals, adversarialLogits: signals.adversarialLogits.map((z) => z + 1) } };
    const { signals: measuring, passes, attacked } = measure(ALL, dataset, tinyTarget(), directContext(), { known });
    const measured = await measuring;
    expect(attacked).toEqual([180]);
    expect(passes).toMatchObject({ forwardPasses: 180 * 4, backwardPasses: 180 * 2 });
    for (let index = 0; index < EXAMPLES; index += 1) {
      const [from, to] = [3 * index, 3 * index + 3];
      const expected = all.adversarialLogits.slice(from, to).map((z) => (indices.includes(index) ? z + 1 : z));
      expect(largestDifference(measured.adversarialLogits.subarray(from, to), expected)).toBeLessThan(1e-4);
    }
    expect(largestDifference(measured.cleanFeatures!, all.cleanFeatures!)).toBeLessThan(1e-4);
  });

  test('stops within an attack and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    let looks = 0;
    const context = directContext();
    context.stop();
    const stopsLater = {
      ...context,
      throwIfStopped: () => {
        looks += 1;
        if (looks > 2) context.throwIfStopped();
      },
    };
    await expectAppError(measure(ALL, dataset, tinyTarget(), stopsLater).signals, ErrorReason.CANCELLED);
    expect(looks).toBe(3);
    await measure(ALL, tinyDataset({ train: 6 })).signals;
    expect(tf.memory().numTensors).toBe(before);
  });
});
