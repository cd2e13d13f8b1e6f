import { setTimeout as sleep } from 'node:timers/promises';
import { resolveSettings } from '../../clients/cli/args/resolve-settings.ts';
import { runSpec } from '../../clients/cli/args/run-spec.ts';
import { connectTraining, type TrainingClient } from '../../clients/node/training-client.ts';
import { type Run, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import { callAtRate, type GhzReport } from './ghz.ts';
import { type Watchers, watchRun } from './watchers.ts';

/** How much load. */
export interface LoadOptions {
  readonly trainingAddress: string;
  readonly ghz: string;
  readonly watchers: number;
  readonly callsPerSecond: number;
  readonly seconds: number;
  /** Training examples of the run; sets how long it takes. */
  readonly examples: number;
  readonly epochs: number;
  /** More streams than the server takes. */
  readonly overload: number;
  readonly say: (line: string) => void;
}

/** What the load did. */
export interface LoadOutcome {
  readonly watchers: number;
  readonly watcherMessages: number;
  readonly unary: GhzReport;
  /** Seconds of training per epoch, alone and under load, evaluation left out. */
  readonly secondsPerEpoch: { readonly alone: number; readonly underLoad: number };
  /** Share by which the run was slower under load. */
  readonly slowdown: number;
  readonly overload: {
    readonly asked: number;
    readonly open: number;
    readonly refused: Record<string, number>;
    readonly answered: boolean;
  };
}

const settings = (examples: number, epochs: number) =>
  resolveSettings({
    trainExamples: examples,
    testExamples: 200,
    epochs,
    evalExamples: 200,
    evalEvery: epochs,
    steps: 5,
  });

async function startRun(client: TrainingClient, { examples, epochs }: LoadOptions, name: string): Promise<string> {
  const run = await client.createRun(runSpec(settings(examples, epochs), { name, seed: 1 }));
  return run.id;
}

async function ended(client: TrainingClient, runId: string): Promise<Run> {
  for (;;) {
    const run = await client.getRun(runId);
    if (run.state === RunState.SUCCEEDED) return run;
    if (run.state === RunState.FAILED || run.state === RunState.CANCELLED)
      throw new Error(`the run ended: ${run.failure?.message}`);
    await sleep(500);
  }
}

const secondsPerEpoch = (run: Run) => (run.cost?.seconds?.total ?? Number.NaN) / run.epochsDone;

async function overload(
  address: string,
  runId: string,
  client: TrainingClient,
  asked: number,
): Promise<LoadOutcome['overload']> {
  const many: Watchers = watchRun(address, runId, asked);
  const end = Date.now() + 30_000;
  const settled = () => many.open + [...many.refused.values()].reduce((sum, count) => sum + count, 0);
  while (settled() < asked && Date.now() < end) await sleep(100);
  await many.close();
  await sleep(500);
  const answered = await client.getRun(runId).then(
    () => true,
    () => false,
  );
  return { asked, open: many.open, refused: Object.fromEntries(many.refused), answered };
}

/** Trains alone, then under load, then asks for more than the server takes. */
export async function measureLoad(options: LoadOptions): Promise<LoadOutcome> {
  const { trainingAddress, say } = options;
  const client = connectTraining(trainingAddress);
  try {
    say('a run alone');
    const alone = await ended(client, await startRun(client, options, 'alone'));
    say(`${options.watchers} watchers and ${options.callsPerSecond} calls a second beside the same run`);
    const runId = await startRun(client, options, 'under load');
    const watchers = watchRun(trainingAddress, runId, options.watchers);
    const call = { method: 'winnow.v1.TrainingService/GetRun', data: { run_id: runId }, concurrency: 50 };
    const unary = await callAtRate(options.ghz, trainingAddress, {
      ...call,
      perSecond: options.callsPerSecond,
      seconds: options.seconds,
    });
    const { open, messages } = watchers;
    const loaded = await ended(client, runId);
    await watchers.close();
    say(`${options.overload} watchers, more than the server takes`);
    const last = await startRun(client, options, 'overload');
    const outcome = await overload(trainingAddress, last, client, options.overload);
    await client.cancelRun(last);
    const perEpoch = { alone: secondsPerEpoch(alone), underLoad: secondsPerEpoch(loaded) };
    const slowdown = perEpoch.underLoad / perEpoch.alone - 1;
    return { watchers: open, watcherMessages: messages, unary, secondsPerEpoch: perEpoch, slowdown, overload: outcome };
  } finally {
    client.close();
  }
}
