import { create } from '@bufbuild/protobuf';
import type { CheckpointRef } from '../../proto/gen/winnow/v1/model_pb.ts';
import { type BestModel, BestModelSchema, type Evaluation, Split } from '../../proto/gen/winnow/v1/run_pb.ts';
import { type Dataset, imageSize, splitSize } from '../dataset/dataset.ts';
import { firstOfEveryClass, takeRows } from '../dataset/subset.ts';
import { loadCheckpoint } from '../numerics/models/load-checkpoint.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { BestSoFar, type KeptModel } from './best-so-far.ts';
import { checkpointFile } from './checkpoint-file.ts';
import { evaluate } from './evaluate.ts';
import type { Trainer } from './trainer.ts';

/** Told how many examples of a measurement after an epoch are done. */
export type OnMeasured = (epoch: number, done: number, total: number) => void;

/** A run's last model: where it is stored, and its accuracy on test examples. */
export interface LastModel {
  readonly checkpoint: CheckpointRef;
  readonly result: Evaluation;
}

/** A data set whose held-out examples are cut down to `count`: the first ones of every class, class shares kept. */
function withFewerHeldOut(dataset: Dataset, count: number): Dataset {
  const { images, labels } = dataset.validation;
  // a folder's images come class by class, and the first ones alone would choose a model by its first classes
  const chosen = firstOfEveryClass(labels, Math.min(count, labels.length));
  const validation = { images: takeRows(images, imageSize(dataset), chosen), labels: takeRows(labels, 1, chosen) };
  return { ...dataset, validation };
}

/**
 * Measures a run's models, and keeps the best of them where the data set has held-out examples: those then serve on the
 * way, test examples at the end alone. Everything done here is booked as evaluation. CANCELLED; DIVERGED where the best
 * model has weights that are not finite.
 */
export class RunMeasurements {
  readonly #trainer: Trainer;
  readonly #context: WorkContext;
  readonly #onMeasured: OnMeasured;
  readonly #dataset: Dataset;
  readonly #best: BestSoFar;

  /** Goes on from the best model so far, where given. */
  constructor(trainer: Trainer, context: WorkContext, onMeasured: OnMeasured, best?: KeptModel) {
    this.#best = new BestSoFar(best);
    this.#trainer = trainer;
    this.#context = context;
    this.#onMeasured = onMeasured;
    this.#dataset = withFewerHeldOut(trainer.dataset, trainer.spec.evaluation!.progressExamples);
  }

  /** The best model so far; none where none was held out. */
  get kept(): KeptModel | undefined {
    return this.#best.kept;
  }

  /**
   * Measures the model as an epoch left it, where that is due; after the last epoch it always is. With held-out examples
   * on them, else on test examples, after the last epoch on those of the final figures.
   */
  async afterEpoch(epoch: number): Promise<Evaluation | undefined> {
    const { everyEpochs } = this.#trainer.spec.evaluation!;
    const due = epoch === this.#lastEpoch || (everyEpochs > 0 && (epoch + 1) % everyEpochs === 0);
    return due ? this.#trainer.ledger.time('evaluation', () => this.#measureAfter(epoch)) : undefined;
  }

  /** The final figures, on test examples; `measured` is what was measured after the last epoch. */
  async result(measured: Evaluation): Promise<Evaluation> {
    if (!this.#heldOut) return measured;
    return this.#trainer.ledger.time('evaluation', () => this.#final());
  }

  /**
   * The best model, stored, with its accuracy on the test examples of the final figures; undefined where none were held
   * out. The trainer's model may hold its weights afterwards.
   */
  async best(last: LastModel, store: (file: Uint8Array) => Promise<CheckpointRef>): Promise<BestModel | undefined> {
    const { model, ledger } = this.#trainer;
    const { kept } = this.#best;
    if (!kept) return undefined;
    const { epoch, validation, file } = kept;
    if (epoch === this.#lastEpoch) return create(BestModelSchema, { epoch, validation, ...last });
    return ledger.time('evaluation', async () => {
      const checkpoint = await store(file);
      loadCheckpoint(model, file);
      return create(BestModelSchema, { epoch, validation, checkpoint, result: await this.#final() });
    });
  }

  get #lastEpoch(): number {
    return this.#trainer.spec.epochs - 1;
  }

  get #heldOut(): boolean {
    return splitSize(this.#dataset.validation) > 0;
  }

  async #measureAfter(epoch: number): Promise<Evaluation> {
    const { progressExamples } = this.#trainer.spec.evaluation!;
    if (!this.#heldOut) {
      return epoch === this.#lastEpoch ? this.#final() : this.#measure(epoch, Split.TEST, progressExamples);
    }
    const validation = await this.#measure(epoch, Split.VALIDATION, progressExamples);
    this.#best.offer(epoch, validation, () => checkpointFile(this.#trainer));
    return validation;
  }

  #final(): Promise<Evaluation> {
    return this.#measure(this.#lastEpoch, Split.TEST, this.#trainer.spec.evaluation!.examples);
  }

  #measure(epoch: number, split: Split, examples: number): Promise<Evaluation> {
    const { spec, model } = this.#trainer;
    const plan = { attack: spec.evaluation!.attack!, seed: spec.seed, examples, split };
    return evaluate(model, this.#dataset, plan, this.#context, (done, total) => this.#onMeasured(epoch, done, total));
  }
}
