import type { DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../app-error.ts';
import type { WorkThread } from '../platform/thread/work-thread.ts';
import type { LabelsRequest, LabelsResult } from './score-messages.ts';

/** Data sets whose labels are remembered: two bytes an example, where reading a data set takes seconds. */
const MOST_REMEMBERED = 8;

/** Labels of training examples, read by a thread of its own so that no one waits for a selection under way. */
export class DatasetLabels {
  readonly #thread: Pick<WorkThread, 'run'>;
  /** By fingerprint, the one used last at the end. */
  readonly #remembered = new Map<string, LabelsResult>();

  constructor(thread: Pick<WorkThread, 'run'>) {
    this.#thread = thread;
  }

  /** Labels of the data set with this fingerprint. INVALID_INDEX_SET where its files are others by now; else as loadDataset. */
  async of(dataset: DatasetSpec, fingerprint: string, signal?: AbortSignal): Promise<LabelsResult> {
    const known = this.#remembered.get(fingerprint) ?? (await this.#read(dataset, fingerprint, signal));
    this.#remembered.delete(fingerprint);
    this.#remembered.set(fingerprint, known);
    if (this.#remembered.size > MOST_REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value!);
    return known;
  }

  async #read(dataset: DatasetSpec, fingerprint: string, signal?: AbortSignal): Promise<LabelsResult> {
    const found = await this.#thread.run<LabelsResult>('labels', { dataset } satisfies LabelsRequest, { signal });
    if (found.fingerprint === fingerprint) return found;
    throw new AppError(
      ErrorReason.INVALID_INDEX_SET,
      `the scoring service's data set '${dataset.name}' is not the one that the run's index sets were made of; ` +
        'give it the same files',
    );
  }
}
