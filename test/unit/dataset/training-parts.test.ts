import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstOfEveryClass } from '../../../services/dataset/subset.ts';
import { trainingParts } from '../../../services/dataset/training-parts.ts';

const CLASSES = 7;

const labelLists = fc
  .array(fc.nat(CLASSES - 1), { minLength: 1, maxLength: 120 })
  .map((labels) => Uint16Array.from(labels));

/** Labels with two counts that fit into them, the first one above 0. */
const askings = labelLists.chain((labels) =>
  fc.integer({ min: 1, max: labels.length }).chain((train) =>
    fc.record({
      labels: fc.constant(labels),
      train: fc.constant(train),
      validation: fc.nat(labels.length - train),
    }),
  ),
);

/** The two parts as indices of the split. */
function parts(labels: Uint16Array, train: number, validation: number) {
  const found = trainingParts(labels, train, validation);
  expect(Array.from(found.read)).toEqual([...new Set(found.read)].sort((a, b) => a - b));
  const indices = (places: Uint32Array) => Array.from(places, (place) => found.read[place]);
  expect(found.train.length + found.validation.length).toBe(found.read.length);
  return { train: indices(found.train), validation: indices(found.validation) };
}

function countsOf(labels: Uint16Array, indices: readonly number[]): number[] {
  return Array.from({ length: CLASSES }, (_, label) => indices.filter((index) => labels[index] === label).length);
}

describe('trainingParts', () => {
  it('trains on the same examples whatever is held out', () => {
    fc.assert(
      fc.property(askings, ({ labels, train, validation }) => {
        expect(parts(labels, train, validation).train).toEqual(Array.from(firstOfEveryClass(labels, train)));
      }),
    );
  });

  it('holds out exactly as many as asked, those that follow in their class', () => {
    fc.assert(
      fc.property(askings, ({ labels, train, validation }) => {
        const found = parts(labels, train, validation);
        expect(found.validation).toHaveLength(validation);
        for (let label = 0; label < CLASSES; label++) {
          const ofClass = (indices: Iterable<number>) => [...indices].filter((index) => labels[index] === label);
          const together = [...ofClass(found.train), ...ofClass(found.validation)];
          expect(together).toEqual(ofClass(labels.keys()).slice(0, together.length));
        }
      }),
    );
  });

  it('holds out the last ones of every class where all others are trained on', () => {
    fc.assert(
      fc.property(labelLists, fc.double({ min: 0, max: 1, noNaN: true }), (labels, share) => {
        const validation = Math.floor(share * labels.length);
        const found = parts(labels, 0, validation);
        expect([...found.train, ...found.validation].sort((a, b) => a - b)).toEqual([...labels.keys()]);
        expect(found.validation).toHaveLength(validation);
        const firstHeldOut = new Map(found.validation.toReversed().map((index) => [labels[index], index]));
        for (const index of found.train) {
          expect(index).toBeLessThan(firstHeldOut.get(labels[index]) ?? labels.length);
        }
      }),
    );
  });

  it('keeps the class shares of what is held out', () => {
    fc.assert(
      fc.property(labelLists, fc.double({ min: 0, max: 1, noNaN: true }), (labels, share) => {
        const validation = Math.floor(share * labels.length);
        const found = countsOf(labels, parts(labels, 0, validation).validation);
        countsOf(labels, [...labels.keys()]).forEach((size, label) => {
          expect(Math.abs(found[label] - (validation * size) / labels.length)).toBeLessThan(1);
        });
      }),
    );
  });

  it.each([
    ['the next of every class', [0, 1, 0, 1, 0, 1, 0, 1], 4, 2, [4, 5]],
    ['the last of every class', [0, 1, 0, 1, 0, 1, 0, 1], 0, 4, [4, 5, 6, 7]],
    ['what is left where training rounded a class up', [0, 0, 0, 1, 1, 1], 3, 3, [2, 4, 5]],
    ['the next remainder where a class has no room', [0, 1, 2, 3], 2, 2, [2, 3]],
    ['none', [0, 1, 1], 0, 0, []],
  ])('%s', (_, labels, train, validation, expected) => {
    expect(parts(Uint16Array.from(labels), train, validation).validation).toEqual(expected);
  });

  it('refuses more than there are', () => {
    expect(() => trainingParts(Uint16Array.of(0, 1, 1), 2, 2)).toThrow(RangeError);
  });
});
