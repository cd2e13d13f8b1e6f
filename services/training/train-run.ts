import { create } from '@bufbuild/protobuf';
import { RunSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import { AppError } from '../app-error.ts';
import { augmentationFor } from '../dataset/augment.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { datasetInfo } from '../dataset/dataset-info.ts';
import { loadDataset } from '../dataset/load.ts';
import { deviceInfo } from '../numerics/backend.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { filesOf } from './round-files.ts';
import type { TrainProgress, TrainRequest, TrainResult } from './run-messages.ts';
import { RunTraining } from './run-training.ts';
import { createTrainer, disposeTrainer, type Trainer } from './trainer.ts';
import { decodeTrainingState, type TrainingState } from './training-state.ts';

/** A trainer that begins, or goes on from a state; one that can't be read is left aside. */
interface Begun {
  readonly trainer: Trainer;
  readonly state?: TrainingState;
  readonly leftAside?: string;
}

function begin({ spec, state: file }: TrainRequest, dataset: Dataset): Begun {
  const { crop, flip } = augmentationFor(dataset.format, spec.augment);
  const augment = crop > 0 || flip ? { crop, flip, seed: spec.seed } : undefined;
  if (!file) return { trainer: createTrainer(spec, dataset, augment) };
  try {
    const state = decodeTrainingState(file);
    return { trainer: createTrainer(spec, dataset, augment, state), state };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { trainer: createTrainer(spec, dataset, augment), leftAside: error.message };
  }
}

/**
 * Trains a run in the worker thread: its spec is resolved. Errors: those of data set and model; DIVERGED, CANCELLED;
 * HandedOver once the main thread has asked for that and the state is stored.
 */
export async function trainRun(request: TrainRequest, dataRoot: string, context: WorkContext): Promise<TrainResult> {
  const dataset = await loadDataset(request.spec.dataset!, dataRoot);
  const { device, version } = deviceInfo();
  const { trainer, state, leftAside } = begin(request, dataset);
  const loaded: TrainProgress = {
    type: 'loaded',
    dataset: datasetInfo(dataset),
    device: `${device} (TensorFlow ${version})`,
    run: state?.run ?? create(RunSchema),
    files: filesOf(state?.rounds?.files).concat(filesOf(state?.rounds?.oldFiles)),
    ...(leftAside !== undefined && { leftAside }),
  };
  context.progress(loaded);
  try {
    return await new RunTraining(trainer, context, state).train();
  } finally {
    disposeTrainer(trainer);
  }
}
