import { expect, test } from 'vitest';
import { datasetInfo } from '../../../services/dataset/dataset-info.ts';
import { TINY_CLASSES, tinyDataset } from '../tiny-dataset.ts';

test('datasetInfo says what a data set is', () => {
  const dataset = tinyDataset({ train: 9, validation: 3, test: 6 });
  const info = datasetInfo(dataset);
  expect(info).toMatchObject({
    fingerprint: dataset.fingerprint,
    trainExamples: 9,
    validationExamples: 3,
    testExamples: 6,
    classNames: TINY_CLASSES,
    height: 16,
    width: 16,
    channels: 1,
  });
  // a copy: the record must not share the data set's list
  expect(info.classNames).not.toBe(dataset.classNames);
});
