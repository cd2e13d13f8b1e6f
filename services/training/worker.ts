import { workerData } from 'node:worker_threads';
import type { Evaluation } from '../../proto/gen/winnow/v1/run_pb.ts';
import { loadDataset } from '../dataset/load.ts';
import { modelForDataset } from '../dataset/tensor-batch.ts';
import { loadCheckpoint } from '../numerics/models/load-checkpoint.ts';
import { serveWork, type WorkContext } from '../platform/thread/serve-work.ts';
import { evaluate } from './evaluate.ts';
import type { EvaluateProgress, EvaluateRequest, TrainRequest } from './run-messages.ts';
import { trainRun } from './train-run.ts';

/** The tensor thread of the training service. */
const { dataRoot } = workerData as { readonly dataRoot: string };

async function evaluateCheckpoint(request: EvaluateRequest, context: WorkContext): Promise<Evaluation> {
  const dataset = await loadDataset(request.dataset, dataRoot);
  const model = modelForDataset(dataset, request.model, 0n);
  try {
    loadCheckpoint(model, request.checkpoint);
    return await evaluate(model, dataset, request, context, (done, total) =>
      context.progress({ done, total } satisfies EvaluateProgress),
    );
  } finally {
    model.dispose();
  }
}

serveWork({
  train: (request: TrainRequest, context) => trainRun(request, dataRoot, context),
  evaluate: evaluateCheckpoint,
});
