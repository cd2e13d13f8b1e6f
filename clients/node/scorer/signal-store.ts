import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type ExampleBatch, Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AppError, invalidField } from '../../../services/app-error.ts';
import type { ScorerSetting } from './definition.ts';
import { type ScorerSignals, type SignalColumn, signalColumns } from './signals.ts';

// Twice the 5.2 GB that both kinds of features take for all of ImageNet at d = 512; a call beyond it is a mistake.
const LARGEST_CALL_BYTES = 10 * 2 ** 30;
const BYTES_PER_VALUE = 4;

/** Joins a call's batches into whole arrays, checking each against what was announced. */
export class SignalStore {
  readonly #setting: ScorerSetting;
  readonly #columns: readonly SignalColumn[];
  readonly #values: ScorerSignals;
  #received = 0;

  /** @throws AppError OVERLOADED where the announced examples don't fit into memory. */
  constructor(setting: ScorerSetting, signals: readonly Signal[]) {
    this.#setting = setting;
    this.#columns = signalColumns.filter(({ signal }) => signals.includes(signal));
    const rowBytes = this.#columns.reduce((sum, { width }) => sum + width(setting) * BYTES_PER_VALUE, 0);
    if (rowBytes * setting.examples > LARGEST_CALL_BYTES) throw tooMany(setting, rowBytes);
    try {
      this.#values = emptySignals(setting, signals);
    } catch (cause) {
      throw tooMany(setting, rowBytes, cause);
    }
  }

  /** Takes the next batch. */
  add(batch: ExampleBatch): void {
    const { examples } = this.#setting;
    if (batch.firstIndex !== this.#received) {
      throw invalidField('batch.first_index', `is ${batch.firstIndex}; the next example is ${this.#received}`);
    }
    const rows = this.#rowsOf(batch);
    if (rows > examples - this.#received) {
      throw invalidField('batch', `more examples than the ${examples} that the setting announces`);
    }
    for (const column of this.#columns) this.#take(column, batch, rows);
    this.#received += rows;
  }

  /** All signals, once every example has come. */
  finish(): ScorerSignals {
    const { examples } = this.#setting;
    if (this.#received < examples) {
      throw invalidField('batch', `the stream ends after ${this.#received} of the ${examples} announced examples`);
    }
    return this.#values;
  }

  #rowsOf(batch: ExampleBatch): number {
    const first = this.#columns[0]!;
    return Math.ceil(batch[first.field].length / first.width(this.#setting));
  }

  #take({ signal, field, protoName, width }: SignalColumn, batch: ExampleBatch, rows: number): void {
    const values = batch[field];
    const columns = width(this.#setting);
    const name = `batch.${protoName}`;
    if (values.length !== rows * columns) {
      throw invalidField(name, `${values.length} values where ${rows} examples have ${rows * columns}`);
    }
    const allowed = allowedValue(signal, this.#setting);
    const bad = values.findIndex((value) => !allowed.test(value));
    if (bad >= 0) {
      const index = this.#received + Math.floor(bad / columns);
      throw invalidField(name, `${values[bad]} of example ${index}; values must be ${allowed.words}`);
    }
    this.#values[field].set(values, this.#received * columns);
  }
}

function tooMany({ examples }: ScorerSetting, rowBytes: number, cause?: unknown): AppError {
  const message = `${examples} examples of ${rowBytes} bytes are more than this scorer can hold; send fewer`;
  return new AppError(ErrorReason.OVERLOADED, message, { cause });
}

function allowedValue(signal: Signal, { classes }: ScorerSetting) {
  if (signal === Signal.LABEL)
    return { test: (value: number) => value < classes, words: `below ${classes}, the classes` };
  if (signal === Signal.ADVERSARIAL_LOSSES) {
    return { test: (value: number) => value >= 0 && value < Infinity, words: 'finite and at least 0' };
  }
  return { test: Number.isFinite, words: 'finite' };
}

function emptySignals(setting: ScorerSetting, signals: readonly Signal[]): ScorerSignals {
  const entries = signalColumns.map(({ signal, field, width }) => {
    const size = signals.includes(signal) ? setting.examples * width(setting) : 0;
    return [field, signal === Signal.LABEL ? new Uint32Array(size) : new Float32Array(size)];
  });
  return Object.fromEntries(entries);
}
