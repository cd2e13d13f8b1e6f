import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliIo } from '../../../clients/cli/cli-io.ts';
import { startNats } from '../../../clients/cli/cluster/nats.ts';
import { projectPaths } from '../../../clients/cli/cluster/project-paths.ts';
import { type LocalService, startService } from '../../../clients/cli/cluster/service.ts';
import { natsBinary } from '../../../clients/cli/preflight/nats-binary.ts';
import { type ShardFinished, ShardFinishedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { type Bus, connectBus } from '../../../services/platform/bus/connection.ts';
import { followStream } from '../../../services/platform/bus/follow.ts';
import { deleteObject, getObject, putObject } from '../../../services/platform/bus/objects.ts';
import { SHARD_ANSWER_STREAM, SHARD_BUCKET, shardSubjects } from '../../../services/platform/bus/streams.ts';
import { createLog } from '../../../services/platform/log.ts';
import { planShards } from '../../../services/scoring/shards/plan-shards.ts';
import { median } from '../step/median.ts';
import { askRound, askUncut, type RoundSpec } from './ask-round.ts';
import type { Costs, RoundLine, ScaleLine } from './scale-line.ts';
import { setBytes } from './set-bytes.ts';
import { limitOf, rounded, simulate } from './simulate.ts';

/** What `bench scale` is told. */
export interface ScaleOptions {
  readonly examples: number;
  readonly steps: number;
  readonly architecture: string;
  readonly rounds: number;
  /** Classes and features of the simulated data set and model. */
  readonly classes: number;
  readonly features: number;
}

const SCORER = 'adv-grad-match';
const FRACTION = 0.1;
/** One thread to a process, as each has one of two cores. */
const THREADS = 1;
const SIMULATED_EXAMPLES = 1_280_000;
// adv-grad-match under TRADES reads z, z' and both features.
const VERSIONS = 2;
const FLOAT_BYTES = 4;
const GRACE_MS = 6_000;
/** An object of a shard's usual size, to measure the store by, and how often. */
const OBJECT_BYTES = 8 * 1024 * 1024;
const OBJECT_REPEATS = 5;

/** A round that was measured: its set, the seconds until it was there, and what each shard told. */
interface Timed {
  readonly set: IndexSet;
  readonly seconds: number;
  readonly shards: readonly ShardFinished[];
}

function specOf({ examples, steps, architecture }: ScaleOptions): RoundSpec {
  const attack = { epsilon: 0.3, stepSize: 0.6 / steps, steps };
  return {
    dataset: { name: 'mnist', trainExamples: examples, testExamples: 100 },
    model: { architecture },
    objective: { kind: ObjectiveKind.TRADES, beta: 6, attack },
    selection: { scorer: SCORER, fraction: FRACTION, attack },
    seed: 1n,
  };
}

/** nats-server and up to two scoring processes in a folder that goes with them. */
async function withProcesses<T>(
  io: CliIo,
  work: (start: () => Promise<string>, bus: () => Promise<Bus>) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-bench-scale-'));
  const nats = natsBinary(io);
  await nats.find();
  const natsOptions = { binary: nats.path(), folder: join(folder, 'nats'), removeFolder: true };
  const server = await startNats({ ...natsOptions, logFile: join(folder, 'nats.log') }, io.signal);
  mkdirSync(join(folder, 'data'));
  symlinkSync(projectPaths().mnist, join(folder, 'data', 'mnist'));
  // taken over by the processes; nothing here computes
  process.env.TF_NUM_INTRAOP_THREADS = String(THREADS);
  process.env.TF_NUM_INTEROP_THREADS = String(THREADS);
  process.env.OMP_NUM_THREADS = String(THREADS);
  const started: LocalService[] = [];
  const start = () => {
    const service = startService({
      name: 'scoring',
      servicesFolder: projectPaths().services,
      listen: '127.0.0.1:0',
      natsUrl: server.url,
      dataRoot: join(folder, 'data'),
      logLevel: 'warn',
      logFile: join(folder, `scoring-${started.length}.log`),
    });
    started.push(service);
    return service.address;
  };
  let bus: Bus | undefined;
  const connect = async () => {
    bus ??= await connectBus({ servers: server.url, name: 'bench', log: createLog('bench', 'error') });
    return bus;
  };
  try {
    return await work(start, connect);
  } finally {
    await bus?.close();
    await Promise.all(started.map(({ child }) => child.stop(GRACE_MS)));
    await server.child.stop(GRACE_MS);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timedRound(bus: Bus, spec: RoundSpec, signal: AbortSignal): Promise<Timed> {
  const runId = randomUUID();
  const shards: ShardFinished[] = [];
  const done = new AbortController();
  const following = (async () => {
    const filterSubject = shardSubjects(runId, 0).finished;
    const options = { stream: SHARD_ANSWER_STREAM, filterSubject, schema: ShardFinishedSchema, signal: done.signal };
    for await (const shard of followStream(bus, options)) shards.push(shard);
  })();
  const started = performance.now();
  const set = await askRound(bus, { runId, round: 0 }, spec, signal);
  const seconds = (performance.now() - started) / 1000;
  done.abort();
  await following;
  return { set, seconds, shards };
}

/** Some rounds, after one that loads data and libraries on every process. */
async function timedRounds(bus: Bus, spec: RoundSpec, rounds: number, signal: AbortSignal): Promise<Timed[]> {
  const attack = { ...spec.selection!.attack!, steps: 1 };
  await timedRound(bus, { ...spec, selection: { ...spec.selection!, attack } } as RoundSpec, signal);
  const timed: Timed[] = [];
  for (let round = 0; round < rounds; round += 1) timed.push(await timedRound(bus, spec, signal));
  return timed;
}

const medianOf = (rounds: readonly Timed[], value: (round: Timed) => number) => median(rounds.map(value));
const measuringSeconds = ({ set }: Timed) => set.cost!.seconds!.attack;

function roundLine(options: ScaleOptions, one: readonly Timed[], two: readonly Timed[]): RoundLine {
  const [first, ...others] = [...one, ...two].map(({ set }) => Buffer.from(setBytes(set)));
  const oneSeconds = medianOf(one, ({ seconds }) => seconds);
  const twoSeconds = medianOf(two, ({ seconds }) => seconds);
  return {
    bench: 'scale',
    what: 'round',
    examples: options.examples,
    shards: planShards(options.examples).length,
    model: options.architecture,
    attackSteps: options.steps,
    scorer: SCORER,
    threadsPerProcess: THREADS,
    rounds: options.rounds,
    oneProcessSeconds: rounded(oneSeconds),
    twoProcessesSeconds: rounded(twoSeconds),
    ratio: rounded(oneSeconds / twoSeconds),
    measuringRatio: rounded(medianOf(one, measuringSeconds) / medianOf(two, measuringSeconds)),
    sameSet: others.every((bytes) => bytes.equals(first!)),
  };
}

/** Bytes per second from the store into memory, one object after the other. */
async function gatherRate(bus: Bus): Promise<number> {
  const bytes = new Uint8Array(OBJECT_BYTES).map((_, i) => (i * 2_654_435_761) >>> 24);
  await putObject(bus, SHARD_BUCKET, 'bench', bytes);
  const seconds: number[] = [];
  for (let repeat = 0; repeat < OBJECT_REPEATS; repeat += 1) {
    const started = performance.now();
    await getObject(bus, SHARD_BUCKET, 'bench');
    seconds.push((performance.now() - started) / 1000);
  }
  await deleteObject(bus, SHARD_BUCKET, 'bench');
  return OBJECT_BYTES / median(seconds);
}

/** The costs of a round on one process, by the median round. */
function costsOf(examples: number, one: readonly Timed[], gatherBytesPerSecond: number): Costs {
  const shardSeconds = ({ shards }: Timed) =>
    shards.reduce((sum, { outcome }) => sum + (outcome.case === 'signals' ? outcome.value.seconds : 0), 0);
  const shards = planShards(examples).length;
  const digits = (value: number) => Number(value.toPrecision(4));
  return {
    secondsPerExample: digits(medianOf(one, shardSeconds) / examples),
    overheadSecondsPerShard: digits(
      Math.max(
        0,
        medianOf(one, (round) => measuringSeconds(round) - shardSeconds(round)),
      ) / shards,
    ),
    selectSecondsPerExample: digits(medianOf(one, ({ set }) => set.cost!.seconds!.scoring) / examples),
    publishSeconds: digits(medianOf(one, ({ seconds, set }) => Math.max(0, seconds - set.cost!.seconds!.total))),
    gatherBytesPerSecond: Math.round(gatherBytesPerSecond),
  };
}

/** Measures rounds with 1 and 2 processes, and simulates a larger one from what they cost. */
export function measureScale(options: ScaleOptions, tell: (line: ScaleLine) => void, io: CliIo): Promise<void> {
  return withProcesses(io, async (start, connect) => {
    const { signal } = io;
    const address = await start();
    const bus = await connect();
    const { datasetFingerprint } = await askUncut(address, specOf(options), 'random');
    const spec = { ...specOf(options), datasetFingerprint };
    const one = await timedRounds(bus, spec, options.rounds, signal);
    const rate = await gatherRate(bus);
    await start();
    const two = await timedRounds(bus, spec, options.rounds, signal);
    tell(roundLine(options, one, two));
    const costs = costsOf(options.examples, one, rate);
    const round = {
      examples: SIMULATED_EXAMPLES,
      shards: planShards(SIMULATED_EXAMPLES).length,
      bytesPerExample: VERSIONS * FLOAT_BYTES * (options.classes + options.features),
    };
    for (const line of simulate(costs, round)) tell(line);
    tell(limitOf(costs, round));
  });
}
