import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CliIo } from '../../../clients/cli/cli-io.ts';
import { serviceEnvironment } from '../../../clients/cli/cluster/process-env.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { rankOneGradients, squaredNorms } from '../../../services/selection/gradients.ts';
import { Contestant } from '../step/contestant.ts';
import { median } from '../step/median.ts';
import { CEILING_MIB, type ClassCase, type MethodName, materialisedMiB, SCALE_FRACTION } from './cases.ts';
import { cordsContestant } from './cords-contestant.ts';
import { type OurFigures, type SelectLine, selectLine } from './select-line.ts';
import { syntheticClass } from './synthetic-class.ts';

const SEED = 1n;
/** The ridge on the weights that CORDS' configurations of GRAD-MATCH set, absolute; far larger ones make it stop early. */
const RIDGE = 0.5;
/** Ours takes about a second, so that one run may fall on a busy moment. */
const OUR_RUNS = 3;

/** Does something with a process of ours that has warmed up. */
async function withOurs<T>({ env, signal }: CliIo, work: (ours: Contestant) => Promise<T>): Promise<T> {
  const file = fileURLToPath(new URL(`./our-process${extname(import.meta.url)}`, import.meta.url));
  const args = ['--expose-gc', file];
  const command = { name: 'ours', command: process.execPath, arguments: args, env: serviceEnvironment({}, env) };
  const ours = new Contestant(command, signal);
  try {
    await ours.ask({ do: 'prepare' });
    return await work(ours);
  } finally {
    await ours.end();
  }
}

async function ourMedian(ours: Contestant, request: Readonly<Record<string, unknown>>): Promise<OurFigures> {
  const runs: OurFigures[] = [];
  while (runs.length < OUR_RUNS) runs.push(await ours.ask<OurFigures>({ do: 'select', ...request }));
  return { ...runs[0], seconds: median(runs.map(({ seconds }) => seconds)) };
}

/** The files of a class: logits and features for us, errors and features for the peer. */
function writeClass({ n, classes, features }: ClassCase, folder: string) {
  const signals = syntheticClass(n, classes, features, SEED);
  const gradients = rankOneGradients(signals, { kind: ObjectiveKind.AT, beta: 0, lambda: 0 });
  const meanNorm = squaredNorms(gradients).reduce((sum, norm) => sum + norm, 0) / n;
  const write = (name: string, values: Float32Array) => {
    const file = join(folder, `${name}.f32`);
    writeFileSync(file, values);
    return file;
  };
  return {
    errors: write('errors', gradients.terms[0].errors),
    logits: write('logits', signals.adversarialLogits),
    features: write('features', signals.adversarialFeatures),
    /** The same ridge as ours takes it, as a multiple of the mean squared norm. */
    lambda: RIDGE / meanNorm,
  };
}

async function askCords(one: ClassCase, files: ReturnType<typeof writeClass>, weights: string, io: CliIo) {
  const cords = await cordsContestant(io);
  try {
    const { errors, features: inputs } = files;
    const request = { ...one, errors, inputs, weights, ridge: RIDGE, threads: availableParallelism() };
    return await cords.ask<{ seconds: number; kept: number; versions: string }>({ do: 'select', ...request });
  } finally {
    await cords.end();
  }
}

/** One class, by a method of ours and, for GRAD-MATCH, by CORDS on the same gradients. */
export async function measureClass(method: MethodName, one: ClassCase, io: CliIo): Promise<SelectLine> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-bench-select-'));
  const { n, k, classes, features } = one;
  try {
    const files = writeClass(one, folder);
    const size = materialisedMiB(n, classes, features).toFixed(1);
    io.err(`${method}, n = ${n}, k = ${k}: the gradients written out take ${size} MiB`);
    return await withOurs(io, async (ours) => {
      const figures = await ourMedian(ours, { method, one, files, lambda: files.lambda });
      if (method !== 'adv-grad-match') return selectLine({ method, n, k }, figures);
      const weights = join(folder, 'weights.f32');
      const { seconds, kept, versions } = await askCords(one, files, weights, io);
      const { residual } = await ours.ask<{ residual: number }>({ do: 'residual', one, files, weights });
      io.err(
        `CORDS (${versions}) kept ${kept} at a residual of ${residual.toFixed(5)}, ours ${figures.residual.toFixed(5)}`,
      );
      return selectLine({ method, n, k }, figures, { seconds, residual });
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Many examples of 1,000 classes, by a method of ours. */
export function measureScale(method: MethodName, n: number, io: CliIo): Promise<SelectLine> {
  return withOurs(io, async (ours) => {
    const figures = await ours.ask<OurFigures>({ do: 'scale', method, n });
    if (figures.peakMiB > CEILING_MIB) io.err(`${method}, n = ${n}: above the ceiling of ${CEILING_MIB} MiB`);
    return selectLine({ method, n, k: Math.round(SCALE_FRACTION * n) }, figures);
  });
}
