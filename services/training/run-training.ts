import { clone, create } from '@bufbuild/protobuf';
import { type CheckpointRef, CheckpointRefSchema } from '../../proto/gen/winnow/v1/model_pb.ts';
import {
  AppliedRoundSchema,
  EpochMetricsSchema,
  type Evaluation,
  type Run,
  RunSchema,
} from '../../proto/gen/winnow/v1/run_pb.ts';
import type { Subset } from '../index-set/check-index-set.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { checkpointFile } from './checkpoint-file.ts';
import type { EpochPosition } from './epoch-position.ts';
import { HandedOver, HandOver } from './hand-over.ts';
import { filesOf } from './round-files.ts';
import { type ArrivedRound, Rounds } from './rounds.ts';
import { RunMeasurements } from './run-measurements.ts';
import type { SelectionAnswer, SelectionFiles, TrainQuestion, TrainResult } from './run-messages.ts';
import { RunReporter } from './run-reporter.ts';
import { SeenSignals } from './seen-signals.ts';
import { type SavedState, StateKeeper } from './state-keeper.ts';
import { type EpochOutcome, trainEpoch } from './train-epoch.ts';
import type { Trainer } from './trainer.ts';
import { encodeTrainingState, type TrainingState } from './training-state.ts';

/** One run, from its first epoch, or from a state, to its final model. Its state is stored at each epoch's end. */
export class RunTraining {
  readonly #trainer: Trainer;
  readonly #context: WorkContext;
  readonly #reporter: RunReporter;
  readonly #keeper: StateKeeper;
  readonly #handOver: HandOver;
  readonly #rounds: Rounds | undefined;
  readonly #measurements: RunMeasurements;
  readonly #first: number;
  readonly #run: Run;
  #subset: Subset | undefined;
  /** How far the epoch under way is. */
  #position: EpochPosition | undefined;
  #stopWaiting: () => void = () => {};

  constructor(trainer: Trainer, context: WorkContext, state?: TrainingState) {
    this.#trainer = trainer;
    this.#context = context;
    this.#reporter = new RunReporter(trainer, context);
    this.#keeper = new StateKeeper(context);
    this.#handOver = new HandOver(context);
    this.#first = state?.epoch ?? 0;
    this.#run = state ? clone(RunSchema, state.run) : create(RunSchema);
    this.#position = state?.within;
    this.#measurements = new RunMeasurements(
      trainer,
      this.#whileMeasuring(),
      (epoch, done, total) => this.#reporter.progress({ phase: 'evaluate', epoch, done, total }, epoch + 1),
      state?.best,
    );
    if (state?.subset) this.#switchTo(state.subset);
    if (state?.seen) trainer.seen = SeenSignals.from(state.seen);
    this.#rounds = this.#startRounds(state);
  }

  async train(): Promise<TrainResult> {
    const { epochs } = this.#trainer.spec;
    for (let epoch = this.#first; epoch < epochs; epoch++) {
      if (!this.#position) await this.#enter(epoch);
      await this.#epoch(epoch);
    }
    // made now: the best model's weights may take the place of the last one's
    const last = this.#state(epochs);
    const saved = this.#first < epochs ? this.#keeper.save(() => last) : undefined;
    try {
      return await this.#finish(this.#run.history[epochs - 1].evaluation!);
    } finally {
      await saved;
    }
  }

  #startRounds(state: TrainingState | undefined): Rounds | undefined {
    const { selection } = this.#trainer.spec;
    if (!selection) return undefined;
    const steps = {
      prepare: () => this.#prepareRound(),
      request: (round: number, files: SelectionFiles) => this.#ask<SelectionAnswer>({ type: 'select', round, files }),
      onWait: () => {
        this.#reporter.tell({ type: 'waiting' });
        this.#stopWaiting = this.#reporter.startScoring(this.#run.epochsDone);
      },
    };
    return new Rounds(selection, steps, state?.rounds);
  }

  /** Comes to an epoch's beginning: stores the state there, then takes the set that it is to be trained on. */
  async #enter(epoch: number): Promise<void> {
    await this.#context.breathe();
    this.#context.throwIfStopped();
    if (this.#handOver.wanted) await this.#leave(epoch, undefined);
    if (this.#rounds?.isDue(epoch)) {
      this.#reporter.tell({ type: 'waiting' });
      await this.#whileScoring(epoch, () => this.#rounds!.prepare(epoch));
    }
    if (epoch > 0) this.#keeper.offer(() => this.#state(epoch));
    try {
      const arrived = await this.#rounds?.before(epoch);
      if (arrived) this.#apply(arrived, epoch);
    } finally {
      this.#stopWaiting();
    }
    await this.#context.breathe();
    this.#context.throwIfStopped();
    this.#reporter.tell({ type: 'training' });
    const reuses = this.#trainer.spec.selection?.reuseTrainingSignals && this.#rounds?.isDue(epoch + 1);
    this.#trainer.seen = reuses ? new SeenSignals() : undefined;
  }

  async #epoch(epoch: number): Promise<void> {
    const { ledger } = this.#trainer;
    const outcome = await trainEpoch(
      this.#trainer,
      epoch,
      this.#subset,
      this.#context,
      (done, total, loss) =>
        this.#reporter.progress({ phase: 'train', epoch, done, total, loss }, epoch + done / total),
      { from: this.#position, onPool: (position) => this.#afterPool(epoch, position) },
    );
    const seconds = ledger.elapsed;
    const evaluation = await this.#measure(epoch);
    this.#record(epoch, outcome, seconds, evaluation);
    this.#position = undefined;
  }

  async #afterPool(epoch: number, position: EpochPosition): Promise<void> {
    this.#position = position;
    if (this.#handOver.wanted) await this.#leave(epoch, position);
    if (this.#keeper.due) this.#keeper.offer(() => this.#state(epoch, position));
  }

  async #measure(epoch: number): Promise<Evaluation | undefined> {
    try {
      return await this.#measurements.afterEpoch(epoch);
    } catch (error) {
      if (error instanceof HandedOver) await this.#leave(epoch, this.#position);
      throw error;
    }
  }

  /** Stores where training is, and ends it. */
  async #leave(epoch: number, position: EpochPosition | undefined): Promise<never> {
    await this.#keeper.save(() => this.#state(epoch, position));
    throw new HandedOver(`the run is handed over in epoch ${epoch}`);
  }

  async #finish(measured: Evaluation): Promise<TrainResult> {
    const { ledger } = this.#trainer;
    const file = checkpointFile(this.#trainer);
    const checkpoint = await ledger.time('publishing', () => this.#store(file));
    const result = await this.#measurements.result(measured);
    const best = await this.#measurements.best({ checkpoint, result }, (other) => this.#store(other));
    return { evaluation: result, checkpoint, ...(best && { best }), cost: ledger.cost(), run: this.#run };
  }

  #apply({ round, answer, waitedSeconds }: ArrivedRound, epoch: number): void {
    const { ledger } = this.#trainer;
    const publishing = Math.min(answer.publishSeconds, waitedSeconds);
    const scoring = Math.min(answer.cost?.seconds?.total ?? 0, waitedSeconds - publishing);
    ledger.add('publishing', publishing);
    ledger.add('scoring', scoring);
    ledger.add('waiting', waitedSeconds - publishing - scoring);
    if (answer.cost?.passes) ledger.addPasses(answer.cost.passes);
    this.#switchTo(answer.subset);
    const quality = answer.quality && { quality: answer.quality };
    const applied = { round, fromEpoch: epoch, kept: answer.subset.indices.length, ...quality };
    this.#run.rounds.push(create(AppliedRoundSchema, applied));
    this.#reporter.tell({ type: 'applied', ...applied });
  }

  #switchTo(subset: Subset): void {
    this.#subset = subset;
    this.#reporter.kept = subset.indices.length;
  }

  #record(epoch: number, outcome: EpochOutcome, seconds: number, evaluation: Evaluation | undefined): void {
    const { loss, robustAccuracy, learningRate, examples, attackGroups } = outcome;
    const { updates } = this.#trainer;
    const metrics = { epoch, loss, trainRobustAccuracy: robustAccuracy, learningRate, examples, updates, seconds };
    this.#run.history.push(create(EpochMetricsSchema, { ...metrics, attackGroups, ...(evaluation && { evaluation }) }));
    this.#run.epochsDone = epoch + 1;
  }

  async #prepareRound(): Promise<SelectionFiles> {
    const { ledger, seen } = this.#trainer;
    const files = await ledger.time('publishing', () => {
      const signals = seen?.file();
      const checkpoint = checkpointFile(this.#trainer);
      return this.#ask<SelectionFiles>({ type: 'prepare', checkpoint, ...(signals && { signals }) });
    });
    const { sha256, sizeBytes } = files.checkpoint;
    this.#run.checkpoint = create(CheckpointRefSchema, { sha256, sizeBytes: BigInt(sizeBytes) });
    // they are stored now, and no part of the state any more
    this.#trainer.seen = undefined;
    return files;
  }

  /** The state at an epoch's beginning, or within it. */
  #state(epoch: number, within?: EpochPosition): SavedState {
    const { ledger, model, optimiser, policy, updates, seen } = this.#trainer;
    const started = performance.now();
    const run = clone(RunSchema, this.#run);
    run.cost = ledger.cost();
    const { files, oldFiles } = this.#rounds?.state ?? {};
    const state = encodeTrainingState({
      epoch,
      within,
      updates,
      policy: policy.state(),
      ledger: ledger.state(),
      rounds: this.#rounds?.state,
      subset: this.#subset,
      best: this.#measurements.kept,
      seen: seen?.file()?.file,
      run,
      weights: model.weights.snapshot(),
      velocities: optimiser.snapshot(),
    });
    ledger.add('publishing', (performance.now() - started) / 1000);
    const inUse = filesOf(files);
    const obsolete = filesOf(oldFiles).filter((name) => !inUse.includes(name));
    return { state, run, obsolete };
  }

  /** Evaluation lasts, so it is left in the midst of it. */
  #whileMeasuring(): WorkContext {
    const breathe = async () => {
      await this.#context.breathe();
      this.#handOver.throwIfWanted();
    };
    return { ...this.#context, breathe };
  }

  async #whileScoring(epoch: number, work: () => Promise<void>): Promise<void> {
    const stop = this.#reporter.startScoring(epoch);
    try {
      await work();
    } finally {
      stop();
    }
  }

  #store(checkpoint: Uint8Array): Promise<CheckpointRef> {
    return this.#ask<CheckpointRef>({ type: 'store', checkpoint });
  }

  #ask<Answer>(question: TrainQuestion): Promise<Answer> {
    return this.#context.ask(question) as Promise<Answer>;
  }
}
