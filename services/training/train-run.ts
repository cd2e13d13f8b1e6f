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
import { encodeSafetensors } from '../numerics/models/safetensors.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { diverged } from './diverged.ts';
import { evaluate } from './evaluate.ts';
import { type ArrivedRound, Rounds } from './rounds.ts';
import type { SelectionAnswer, TrainProgress, TrainQuestion, TrainRequest, TrainResult } from './run-messages.ts';
import { type EpochOutcome, trainEpoch } from './train-epoch.ts';
import { createTrainer, disposeTrainer, type Trainer } from './trainer.ts';

/** Shortest time between two progress messages. */
const PROGRESS_INTERVAL_MS = 250;

/** One run, from loading its data to its final model. */
class RunTraining {
  readonly #trainer: Trainer;
  readonly #context: WorkContext;
  readonly #rounds: Rounds | undefined;
  #subset: Subset | undefined;
  #lastProgress = 0;

  constructor(trainer: Trainer, context: WorkContext) {
    this.#trainer = trainer;
    this.#context = context;
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
      const every = spec.evaluation!.everyEpochs;
      const last = epoch + 1 === spec.epochs;
      const measure = !last && every > 0 && (epoch + 1) % every === 0;
      const seconds = ledger.elapsed;
      const evaluation = measure || last ? await this.#evaluate(epoch, last) : undefined;
      this.#tell({ type: 'epoch', metrics: this.#metrics(epoch, outcome, seconds, evaluation), cost: ledger.cost() });
      if (last) return this.#finish(evaluation!);
    }
    throw new Error('a run has at least one epoch');
  }

  async #finish(evaluation: Evaluation): Promise<TrainResult> {
    const { ledger } = this.#trainer;
    const checkpoint = this.#checkpoint();
    const ref = await ledger.time('publishing', () => this.#ask<CheckpointRef>({ type: 'store', checkpoint }));
    return { evaluation, checkpoint: ref, cost: ledger.cost() };
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
    return trainEpoch(this.#trainer, epoch, this.#subset, this.#context, (done, total, loss) => {
      this.#progress({ phase: 'train', epoch, done, total, loss }, this.#secondsLeft(epoch + done / total));
    });
  }

  #evaluate(epoch: number, final: boolean): Promise<Evaluation> {
    const { spec, model, dataset, ledger } = this.#trainer;
    const { attack, examples, progressExamples } = spec.evaluation!;
    const plan = { attack: attack!, seed: spec.seed, examples: final ? examples : progressExamples };
    return ledger.time('evaluation', () =>
      evaluate(model, dataset, plan, this.#context, (done, total) => {
        this.#progress({ phase: 'evaluate', epoch, done, total }, this.#secondsLeft(epoch + 1));
      }),
    );
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
    const checkpoint = this.#checkpoint();
    return this.#ask<SelectionAnswer>({ type: 'select', round, epoch, checkpoint });
  }

  #checkpoint(): Uint8Array {
    const { spec, model, dataset } = this.#trainer;
    const snapshot = model.weights.snapshot();
    for (const [name, { data }] of snapshot) {
      // the loss is taken before its update, so the last update of an epoch shows here first
      if (!data.every(Number.isFinite)) throw diverged(`${name} has values that are not finite`);
    }
    return encodeSafetensors(snapshot, {
      format: 'pt',
      architecture: spec.model!.architecture,
      dataset: dataset.name,
      classes: dataset.classNames.join(','),
    });
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
