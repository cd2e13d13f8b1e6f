import { create } from '@bufbuild/protobuf';
import { type DatasetInfo, DatasetInfoSchema } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import { type Dataset, splitSize } from './dataset.ts';

/** What a loaded data set is, for a record or an answer. */
export function datasetInfo(dataset: Dataset): DatasetInfo {
  const { train, validation, test, fingerprint, classNames, height, width, channels } = dataset;
  return create(DatasetInfoSchema, {
    fingerprint,
    trainExamples: splitSize(train),
    validationExamples: splitSize(validation),
    testExamples: splitSize(test),
    classNames: [...classNames],
    height,
    width,
    channels,
  });
}
