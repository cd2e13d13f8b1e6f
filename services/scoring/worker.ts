import { workerData } from 'node:worker_threads';
import { toBinary } from '@bufbuild/protobuf';
import { type DatasetSpec, DatasetSpecSchema } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { loadDataset } from '../dataset/load.ts';
import { tensorMemory } from '../numerics/tensor-memory.ts';
import { serveWork } from '../platform/thread/serve-work.ts';
import { exampleImages } from './example-images.ts';
import { choose } from './external-scorers/choose.ts';
import type { ChooseRequest, MeasureRequest } from './external-scorers/external-messages.ts';
import { measure } from './external-scorers/measure.ts';
import { scoreDataset, selectSubset } from './score-dataset.ts';
import type { ExamplesRequest, LabelsRequest, LabelsResult, ScoreRequest, SelectRequest } from './score-messages.ts';
import { type SelectSignalsRequest, selectSignals } from './select-signals.ts';
import { type MeasureShardRequest, measureShard } from './shards/measure-shard.ts';

/** The tensor thread of the scoring service. */
const { dataRoot } = workerData as { readonly dataRoot: string };

/** The data set of the last request: a run asks about the same one round after round. */
let last: { readonly key: string; readonly dataset: Dataset } | undefined;

async function datasetOf(spec: DatasetSpec): Promise<Dataset> {
  const key = Buffer.from(toBinary(DatasetSpecSchema, spec)).toString('base64');
  if (last?.key !== key) {
    last = undefined;
    last = { key, dataset: await loadDataset(spec, dataRoot) };
  }
  return last.dataset;
}

serveWork(
  {
    score: async (request: ScoreRequest, context) =>
      scoreDataset(await datasetOf(request.target.dataset), request, context),
    select: async (request: SelectRequest, context) =>
      selectSubset(await datasetOf(request.target.dataset), request, context),
    selectSignals: (request: SelectSignalsRequest, context) => selectSignals(request, context),
    measure: async (request: MeasureRequest, context) =>
      measure(await datasetOf(request.target.dataset), request, context),
    measureShard: async (request: MeasureShardRequest, context) =>
      measureShard(await datasetOf(request.target.dataset), request, context),
    choose: (request: ChooseRequest) => choose(request),
    labels: async (request: LabelsRequest): Promise<LabelsResult> => {
      const { train, classNames, fingerprint } = await datasetOf(request.dataset);
      return { labels: train.labels, classes: classNames.length, fingerprint };
    },
    examples: async ({ dataset, indices }: ExamplesRequest, context) =>
      exampleImages(await datasetOf(dataset), indices, context),
  },
  tensorMemory,
);
