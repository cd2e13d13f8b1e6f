import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import { writeAtomically } from '../../../../services/report/write-atomically.ts';
import { CliError } from '../../cli-error.ts';
import { NewPoints } from '../new-points.ts';
import { milliseconds, runSeries } from '../run-series.ts';
import { scalarEvent, versionEvent } from './event.ts';
import { tfRecord } from './tf-record.ts';

/** Writes a run's curves as a TensorBoard event file, in a folder of the run's own, which TensorBoard names it by. */
export class TensorBoardExport {
  readonly #folder: string;
  readonly #points = new NewPoints();
  #file: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes the whole run the first time, over what an earlier export wrote; then appends what is new. Returns the file. */
  async write(run: Run): Promise<string> {
    const createdMs = milliseconds(run.createdAt);
    const points = this.#points.take(runSeries(run)).sort((a, b) => a.step - b.step);
    const records = points.map((point) => tfRecord(scalarEvent(point)));
    try {
      if (this.#file) await appendFile(this.#file, Buffer.concat(records));
      else {
        this.#file = join(this.#folder, runFolder(run), `events.out.tfevents.${Math.floor(createdMs / 1000)}.winnow`);
        await writeAtomically(this.#file, Buffer.concat([tfRecord(versionEvent(createdMs)), ...records]));
      }
    } catch (error) {
      throw new CliError(`${this.#folder} can't be written: ${(error as Error).message}; give another --tensorboard`);
    }
    return this.#file;
  }
}

function runFolder({ id, spec }: Run): string {
  const name = (spec?.name ?? '').replaceAll(/[^\p{L}\p{N}_-]+/gu, '-');
  return name ? `${name}-${id}` : id;
}
