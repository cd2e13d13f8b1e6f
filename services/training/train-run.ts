import { create } from '@bufbuild/protobuf';
import type { CheckpointRef } from '../../proto/gen/winnow/v1/model_pb.ts';
import { type EpochMetrics, EpochMetricsSchema, type Evaluation } from '../../proto/gen/winnow/v1/run_pb.ts';
import { type EpochProgress, EpochProgressSchema } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { augmentationFor } from '../dataset/augment.ts';
import { splitSize } from '../dataset/dataset.ts';
import { datasetInfo } from '../dataset/dataset-info.ts';
import { loadDataset } from '../dataset/load.ts';
import type { Subset } from '../index-set/check-index-set.ts';
import { deviceInfo } from '../numerics/backend.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { checkpointFile } from './checkpoint-file.ts';
import { type ArrivedRound, Rounds } from './rounds.ts';
import { RunMeasurements } from './run-measurements.ts';
import type { SelectionAnswer, TrainProgress, TrainQuestion, TrainRequest, TrainResult } from './run-messages.ts';
import { SeenSignals } from './seen-signals.ts';
import { type EpochOutcome, trainEpoch } from './train-epoch.ts';
import { createTrainer, disposeTrainer, type Trainer } from './trainer.ts';

/** Shortest time between two progress messages. */
const PROGRESS_INTERVAL_MS = 250;

/** One run, from loading its data to its final model. */
class RunTraining {
  readonly #trainer: Trainer;
  readonly #context: WorkContext;
  readonly #rounds: Rounds | undefined;
  readonly #measurements: RunMeasurements;
  #subset: Subset | undefined;
  #lastProgress = 0;

  constructor(trainer: Trainer, context: WorkContext) {
    this.#trainer = trainer;
    this.#context = context;
    this.#measurements = new RunMeasurements(trainer, context, (epoch, done, total) => {
      this.#progress({ phase: 'evaluate', epoch, done, total }, this.#secondsLeft(epoch + 1));
    });
    const { selection } = trainer.spec;
    if (!selection) return;
    const request = (round: number, epoch: number) => this.#requestSet(round, epoch);
    this.#rounds = new Rounds(selection, request, () => this.#tell({ type: 'waiting' }));
  }

  async train(): Promise<TrainResult> {
    const { spec, ledger } = this.#trainer;
    for (let epoch = 0; epoch < spec.epochs; epoch++) {
      const arrived = await this.#rounds?.before(epoch);
      await this.#context.breathe();
      this.#context.throwIfStopped();
      if (arrived) this.#apply(arrived, epoch);
      const outcome = await this.#epoch(epoch);
      const seconds = ledger.elapsed;
      const evaluation = await this.#measurements.afterEpoch(epoch);
      this.#tell({ type: 'epoch', metrics: this.#metrics(epoch, outcome, seconds, evaluation), cost: ledger.cost() });
      if (epoch + 1 === spec.epochs) return this.#finish(evaluation!);
    }
    throw new Error('a run has at least one epoch');
  }

  async #finish(measured: Evaluation): Promise<TrainResult> {
    const { ledger } = this.#trainer;
    const file = checkpointFile(this.#trainer);
    const checkpoint = await ledger.time('publishing', () => this.#store(file));
    const result = await this.#measurements.result(measured);
    const best = await this.#measurements.best({ checkpoint, result }, (other) => this.#store(other));
    return { evaluation: result, checkpoint, ...(best && { best }), cost: ledger.cost() };
  }

  #store(checkpoint: Uint8Array): Promise<CheckpointRef> {
    return this.#ask<CheckpointRef>({ type: 'store', checkpoint });
  }

  #apply({ round, answer, waitedSeconds }: ArrivedRound, epoch: number): void {
    const { ledger } = this.#trainer;
    const publishing = Math.min(answer.publishSeconds, waitedSeconds);
    const scoring = Math.min(answer.cost?.seconds?.total ?? 0, waitedSeconds - publishing);
    ledger.add('publishing', publishing);
    ledger.add('scoring', scoring);
    ledger.add('waiting', waitedSeconds - publishing - scoring);
    if (answer.cost?.passes) ledger.addPasses(answer.cost.passes);
    this.#subset = answer.subset;
    const quality = answer.quality && { quality: answer.quality };
    this.#tell({ type: 'applied', round, fromEpoch: epoch, kept: answer.subset.indices.length, ...quality });
  }

  #epoch(epoch: number): Promise<EpochOutcome> {
    const reuses = this.#trainer.spec.selection?.reuseTrainingSignals && this.#rounds?.isDue(epoch + 1);
    this.#trainer.seen = reuses ? new SeenSignals() : undefined;
    return trainEpoch(this.#trainer, epoch, this.#subset, this.#context, (done, total, loss) => {
      this.#progress({ phase: 'train', epoch, done, total, loss }, this.#secondsLeft(epoch + done / total));
    });
  }

  #metrics(epoch: number, outcome: EpochOutcome, seconds: number, evaluation: Evaluation | undefined): EpochMetrics {
    return create(EpochMetricsSchema, {
      epoch,
      loss: outcome.loss,
      trainRobustAccuracy: outcome.robustAccuracy,
      learningRate: outcome.learningRate,
      examples: outcome.examples,
      updates: this.#trainer.updates,
      seconds,
      attackGroups: outcome.attackGroups,
      ...(evaluation && { evaluation }),
    });
  }

  async #requestSet(round: number, epoch: number): Promise<SelectionAnswer> {
    const total = splitSize(this.#trainer.dataset.train);
    this.#lastProgress = 0;
    this.#progress({ phase: 'score', epoch, done: 0, total }, 0);
    const checkpoint = checkpointFile(this.#trainer);
    const signals = this.#trainer.seen?.file();
    return this.#ask<SelectionAnswer>({ type: 'select', round, epoch, checkpoint, ...(signals && { signals }) });
  }

  /** Scales the time taken so far by the epochs left; evaluations are taken to go on at their pace. */
  #secondsLeft(epochsDone: number): number {
    const { ledger, spec } = this.#trainer;
    if (epochsDone === 0) return 0;
    const spent = ledger.elapsed + ledger.secondsOf('evaluation');
    return (spent / epochsDone) * (spec.epochs - epochsDone);
  }

  #progress(
    part: Pick<EpochProgress, 'phase' | 'epoch' | 'done' | 'total'> & { loss?: number },
    secondsLeft: number,
  ): void {
    const now = performance.now();
    if (part.done < part.total && now - this.#lastProgress < PROGRESS_INTERVAL_MS) return;
    this.#lastProgress = now;
    const all = splitSize(this.#trainer.dataset.train);
    const keptShare = (this.#subset?.indices.length ?? all) / all;
    const cost = this.#trainer.ledger.cost();
    this.#tell({ type: 'progress', progress: create(EpochProgressSchema, { ...part, keptShare, secondsLeft, cost }) });
  }

  #tell(progress: TrainProgress): void {
    this.#context.progress(progress);
  }

  #ask<Answer>(question: TrainQuestion): Promise<Answer> {
    return this.#context.ask(question) as Promise<Answer>;
  }
}

/** Trains a run in the worker thread: its spec is resolved. Errors: those of data set and model; DIVERGED, CANCELLED. */
export async function trainRun({ spec }: TrainRequest, dataRoot: string, context: WorkContext): Promise<TrainResult> {
  const dataset = await loadDataset(spec.dataset!, dataRoot);
  const { device, version } = deviceInfo();
  const loaded: TrainProgress = {
    type: 'loaded',
    dataset: datasetInfo(dataset),
    device: `${device} (TensorFlow ${version})`,
  };
  context.progress(loaded);
  const { crop, flip } = augmentationFor(dataset.format, spec.augment);
  const trainer = createTrainer(spec, dataset, crop > 0 || flip ? { crop, flip, seed: spec.seed } : undefined);
  try {
    return await new RunTraining(trainer, context).train();
  } finally {
    disposeTrainer(trainer);
  }
}
