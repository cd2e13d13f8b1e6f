import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { cancelled } from '../../../services/app-error.ts';
import { type Dataset, imageSize } from '../../../services/dataset/dataset.ts';
import { exampleImages } from '../../../services/scoring/example-images.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { formulaSplit } from '../dataset/fixtures/samples.ts';
import { tinyDataset } from '../tiny-dataset.ts';

const context = { throwIfStopped: () => {} };

/** Images whose every pixel differs from its neighbours. */
function patterned(channels: number, side = 9, examples = 5): Dataset {
  const shape = { height: side, width: side + 2, channels };
  return { ...tinyDataset(), ...shape, train: formulaSplit(examples, shape, 3) };
}

async function pixelsOf(png: Uint8Array) {
  const { channels } = await sharp(png).metadata();
  const space = channels === 1 ? 'b-w' : 'srgb';
  const { data, info } = await sharp(png).toColourspace(space).raw().toBuffer({ resolveWithObject: true });
  return { pixels: [...data], shape: [info.height, info.width, info.channels] };
}

describe('exampleImages', () => {
  test.each([1, 3])('gives the very pixels of images with %i channels, in the order asked for', async (channels) => {
    const dataset = patterned(channels);
    const examples = await exampleImages(dataset, [3, 0, 3], context);
    expect(examples.map(({ index, label, className }) => [index, label, className])).toEqual([
      [3, 0, 'left'],
      [0, 0, 'left'],
      [3, 0, 'left'],
    ]);
    const size = imageSize(dataset);
    for (const { index, png } of examples) {
      const { pixels, shape } = await pixelsOf(png);
      expect(shape).toEqual([9, 11, channels]);
      expect(pixels).toEqual([...dataset.train.images.subarray(index * size, (index + 1) * size)]);
    }
  });

  test('names the label and the class of each', async () => {
    const examples = await exampleImages(tinyDataset(), [4, 5], context);
    expect(examples.map(({ label, className }) => [label, className])).toEqual([
      [1, 'middle'],
      [2, 'right'],
    ]);
  });

  test('refuses an index beyond the training examples, though there are others held out', async () => {
    const dataset = tinyDataset({ train: 9, validation: 9 });
    const { fields } = await expectAppError(exampleImages(dataset, [8, 9], context), ErrorReason.INVALID_FIELD);
    expect(fields).toEqual([{ field: 'indices[1]', description: "9 is not below 9, the data set's examples" }]);
  });

  test('refuses more than an answer holds, and says how many it would', async () => {
    const side = 1024;
    const shape = { height: side, width: side, channels: 3 };
    // Noise, which does not compress: 3 MiB each.
    const images = new Uint8Array(imageSize(shape));
    for (let i = 0, state = 1; i < images.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      images[i] = state >>> 24;
    }
    const dataset = { ...tinyDataset(), ...shape, train: { images, labels: Uint16Array.of(0) } };
    const { fields } = await expectAppError(exampleImages(dataset, [0, 0, 0], context), ErrorReason.INVALID_FIELD);
    expect(fields).toEqual([{ field: 'indices', description: expect.stringContaining('ask for at most 2 of them') }]);
  });

  test('stops when it is told to', async () => {
    let asked = 0;
    const throwIfStopped = () => {
      asked += 1;
      if (asked > 1) throw cancelled();
    };
    await expectAppError(exampleImages(tinyDataset(), [0, 1, 2], { throwIfStopped }), ErrorReason.CANCELLED);
    expect(asked).toBe(2);
  });
});
