import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ModelSpecSchema } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { augmentBatch } from '../../../services/dataset/augment.ts';
import { gatherImages } from '../../../services/dataset/batch.ts';
import { normalisationOf } from '../../../services/dataset/normalisation.ts';
import { modelForDataset, tensorBatch } from '../../../services/dataset/tensor-batch.ts';
import { take } from '../numerics/tensor-assertions.ts';
import { refusal } from '../spec/refusal.ts';
import { tinyDataset } from '../tiny-dataset.ts';

const dataset = tinyDataset({ train: 9, test: 6 });

describe('tensorBatch', () => {
  test('holds the examples in the order asked for, and their labels', () => {
    const indices = Uint32Array.of(7, 0, 5);
    const { images, oneHot } = tensorBatch(dataset, dataset.train, indices);
    expect(images.shape).toEqual([3, 16, 16, 1]);
    expect(oneHot.shape).toEqual([3, 3]);
    expect(oneHot.dtype).toBe('float32');
    expect([...take(oneHot)]).toEqual([0, 1, 0, 1, 0, 0, 0, 0, 1]);
    expect(take(images)).toEqual(gatherImages(dataset.train, dataset, indices));
  });

  test('reads the split that it is given', () => {
    const { images, oneHot } = tensorBatch(dataset, dataset.test, Uint32Array.of(5));
    expect(take(images)).toEqual(gatherImages(dataset.test, dataset, Uint32Array.of(5)));
    oneHot.dispose();
    expect(() => tensorBatch(dataset, dataset.test, Uint32Array.of(6))).toThrow(RangeError);
  });

  test('augments where it is told how', () => {
    const indices = Uint32Array.of(3, 4, 8);
    const options = { crop: 3, flip: true, seed: 2n, epoch: 1 };
    const { images, oneHot } = tensorBatch(dataset, dataset.train, indices, options);
    const pixels = augmentBatch(dataset.train.images, dataset, indices, options);
    expect(take(images)).toEqual(Float32Array.from(pixels, (pixel) => pixel / 255));
    expect([...take(oneHot)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
});

describe('modelForDataset', () => {
  const spec = create(ModelSpecSchema, { architecture: 'resnet', depth: 8, width: 2 });

  test("is made for the images and classes, and normalised by the training split's figures", () => {
    const model = modelForDataset(dataset, spec, 1n);
    expect(model.classes).toBe(3);
    const { mean, std } = normalisationOf(dataset.train, dataset);
    const snapshot = model.weights.snapshot();
    expect(snapshot.get('normalise.mean')!.data).toEqual(Float32Array.from(mean));
    expect(snapshot.get('normalise.std')!.data).toEqual(Float32Array.from(std));
    model.dispose();
  });

  test('fails for what can not be built', () => {
    const unknown = create(ModelSpecSchema, { architecture: 'vgg' });
    expect(refusal(() => modelForDataset(dataset, unknown, 1n)).reason).toBe(ErrorReason.UNKNOWN_MODEL);
    const small = { ...dataset, height: 4, width: 4 };
    expect(refusal(() => modelForDataset(small, spec, 1n)).fields[0].field).toBe('model.architecture');
  });
});
