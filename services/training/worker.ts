import { workerData } from 'node:worker_threads';
import { tensorMemory } from '../numerics/tensor-memory.ts';
import { serveWork } from '../platform/thread/serve-work.ts';
import { type AdoptRequest, adoptModel } from './adopt-model.ts';
import { evaluateCheckpoint } from './evaluate-checkpoint.ts';
import type { EvaluateRequest, TrainRequest } from './run-messages.ts';
import { trainRun } from './train-run.ts';

/** The tensor thread of the training service. */
const { dataRoot } = workerData as { readonly dataRoot: string };

serveWork(
  {
    train: (request: TrainRequest, context) => trainRun(request, dataRoot, context),
    adopt: (request: AdoptRequest) => adoptModel(request),
    evaluate: (request: EvaluateRequest, context) => evaluateCheckpoint(request, dataRoot, context),
  },
  tensorMemory,
);
