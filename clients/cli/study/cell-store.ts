import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJsonString } from '@bufbuild/protobuf';
import { z } from 'zod';
import { RunSpecSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { type Cell, cellSchema } from '../../../services/report/study/cell.ts';
import { CliError } from '../cli-error.ts';
import type { PlannedCell } from './cells.ts';

const storedSchema = z.object({
  /** SHA-256 of run and evaluation asked for, so that a changed plan does not take up old figures. */
  request: z.string(),
  complete: z.boolean(),
  /** Checkpoints of the run's models, for evaluations that are still to be made. */
  models: z.array(
    z.object({ model: z.enum(['best', 'last']), epoch: z.number(), sha256: z.string(), sizeBytes: z.string() }),
  ),
  cell: cellSchema,
});

/** A cell as it is kept: complete, or with evaluations still to be made. */
export type StoredCell = z.infer<typeof storedSchema>;

/** Keeps a study's cells in a folder, one file each; a file appears whole or not at all. */
export class CellStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** What is kept of a planned cell. Throws a CliError where the file is of another request, or is damaged. */
  read(planned: PlannedCell): StoredCell | undefined {
    const path = this.#path(planned);
    if (!existsSync(path)) return undefined;
    const stored = parse(path);
    if (stored.request !== requestOf(planned)) {
      throw new CliError(
        `${path} is of other settings than the plan's; give another folder with --output, or delete it`,
      );
    }
    return stored;
  }

  write(planned: PlannedCell, stored: Omit<StoredCell, 'request'>): void {
    const path = this.#path(planned);
    writeFileSync(`${path}.part`, `${JSON.stringify({ request: requestOf(planned), ...stored }, null, 1)}\n`);
    renameSync(`${path}.part`, path);
  }

  #path({ name, seed }: PlannedCell): string {
    return join(this.#folder, `${name.replaceAll('/', '_')}_seed-${seed}.json`);
  }
}

/** All complete cells in a folder, by file name. */
export function completeCells(folder: string): Cell[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files
    .sort()
    .map((name) => parse(join(folder, name)))
    .filter(({ complete }) => complete)
    .map(({ cell }) => cell);
}

function parse(path: string): StoredCell {
  try {
    return storedSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new CliError(`${path} is damaged (${(error as Error).message.split('\n')[0]}); delete it to make it again`);
  }
}

function requestOf({ spec, evaluation }: PlannedCell): string {
  const request = toJsonString(RunSpecSchema, spec) + JSON.stringify(evaluation);
  return createHash('sha256').update(request).digest('hex');
}
