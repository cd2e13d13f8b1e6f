import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { resolveSettings } from '../../../../../clients/cli/args/resolve-settings.ts';
import { compareRuns } from '../../../../../clients/cli/demo/compare-runs.ts';
import { type DemoPlan, plannedRuns, planText } from '../../../../../clients/cli/demo/plan.ts';
import { saveResults } from '../../../../../clients/cli/demo/save-results.ts';
import { LineView } from '../../../../../clients/cli/progress/line-view.ts';
import { connectScoring } from '../../../../../clients/node/scoring-client.ts';
import { connectTraining } from '../../../../../clients/node/training-client.ts';
import { ErrorReason } from '../../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type Run, RunSchema, RunState } from '../../../../../proto/gen/winnow/v1/run_pb.ts';
import { invalidField } from '../../../../../services/app-error.ts';
import { scriptedServer } from '../../scripted-server.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

type Script = Parameters<typeof scriptedServer>[0];

const plan: DemoPlan = {
  settings: resolveSettings({ epochs: 2, selectEvery: 1 }),
  scorers: ['random', 'craig'],
  seeds: [1],
  output: 'unused',
  keep: false,
  logLevel: 'info',
  json: false,
};
const model = Buffer.from('weights');
const checkpoint = { sha256: createHash('sha256').update(model).digest('hex'), sizeBytes: BigInt(model.length) };

/** Services that keep runs in memory and end each as soon as it is watched, in the state that `endAs` gives by name. */
async function services(options: { endAs?: (name: string) => RunState; script?: Script } = {}) {
  const runs = new Map<string, Run>();
  const calls: string[] = [];
  const end = (run: Run): Run => {
    const state = options.endAs?.(run.spec?.name ?? '') ?? RunState.SUCCEEDED;
    const rounds = run.spec?.selection === undefined ? [] : [0, 1].map((round) => ({ round, kept: 30 }));
    const failure = state === RunState.FAILED ? { reason: ErrorReason.DIVERGED, message: 'loss is NaN' } : undefined;
    const { id, spec } = run;
    return create(RunSchema, {
      id,
      state,
      epochsDone: 2,
      rounds,
      checkpoint,
      ...(spec && { spec }),
      ...(failure && { failure }),
    });
  };
  const { address } = await scriptedServer({
    training: {
      createRun: async ({ spec }) => {
        const id = `r${runs.size + 1}`;
        const run = create(RunSchema, { id, state: RunState.QUEUED, ...(spec && { spec }) });
        runs.set(id, run);
        calls.push(`create ${spec?.name}`);
        return { run };
      },
      getRun: async ({ runId }) => ({ run: runs.get(runId)! }),
      async *watchRun({ runId }) {
        calls.push(`watch ${runs.get(runId)?.spec?.name}`);
        runs.set(runId, end(runs.get(runId)!));
        yield { event: { case: 'run', value: runs.get(runId)! } };
      },
      cancelRun: async ({ runId }) => {
        calls.push(`cancel ${runs.get(runId)?.spec?.name}`);
        return { run: runs.get(runId)! };
      },
      async *downloadModel() {
        yield { checkpoint, data: model };
      },
      ...options.script?.training,
    },
    scoring: {
      listScorers: async () => ({ scorers: [{ name: 'craig' }, { name: 'random' }] }),
      getIndexSet: async ({ runId, round }) => ({
        indexSet: { runId, round: round ?? 99, datasetExamples: 100, indexGaps: [1, 2, 3], scorer: 'random' },
      }),
      ...options.script?.scoring,
    },
  });
  const clients = { training: connectTraining(address), scoring: connectScoring(address) };
  onTestFinished(() => {
    clients.training.close();
    clients.scoring.close();
  });
  const notes: string[] = [];
  const view = new LineView((line) => notes.push(line));
  const compare = (chosen = plan, signal = new AbortController().signal) =>
    compareRuns(plannedRuns(chosen), clients, view, signal);
  return { calls, notes, compare, clients };
}

test('the runs of a plan differ in seed and selection only', () => {
  const specs = plannedRuns({ ...plan, seeds: [1, 2] });
  expect(specs.map(({ name }) => name)).toEqual([
    'full seed 1',
    'random seed 1',
    'craig seed 1',
    'full seed 2',
    'random seed 2',
    'craig seed 2',
  ]);
  const rest = specs.map(({ name, seed, selection, ...same }) => same);
  for (const other of rest) expect(other).toEqual(rest[0]);
  expect(specs.map(({ seed }) => seed)).toEqual([1n, 1n, 1n, 2n, 2n, 2n]);
});

test('a plan is said with exact values', () => {
  const text = planText({ ...plan, settings: resolveSettings({ dataset: 'cifar-10', objective: 'mart' }) });
  expect(text).toContain('MART lambda 5, attacked by 10 steps of 2/255 = 0.007843 within eps 8/255 = 0.03137');
  expect(text).toContain('full data against random, craig at 30 %');
});

test('a plan says fast-at, with its one step', () => {
  const text = planText({ ...plan, settings: resolveSettings({ objective: 'fast-at' }) });
  expect(text).toContain('FAST-AT, attacked by 1 step of 0.375 within eps 0.3');
});

test('all runs are created first, then followed one after the other', async () => {
  const { calls, compare } = await services();
  const finished = await compare();
  expect(calls).toEqual(['create full', 'create random', 'create craig', 'watch full', 'watch random', 'watch craig']);
  expect(finished.map(({ run, indexSets }) => [run.spec?.name, indexSets.map(({ round }) => round)])).toEqual([
    ['full', []],
    ['random', [0, 1]],
    ['craig', [0, 1]],
  ]);
});

test('an unknown scorer is refused before any run is created', async () => {
  const { calls, compare } = await services();
  await expect(compare({ ...plan, scorers: ['rendom'] })).rejects.toThrow(
    'no scorer is called "rendom"; choose with --scorers from craig, random',
  );
  expect(calls).toEqual([]);
});

test('where a run is refused, those created before it are cancelled', async () => {
  const { calls, compare } = await services({
    script: {
      training: {
        createRun: async ({ spec }) => {
          if (spec?.selection !== undefined) throw invalidField('spec.selection.fraction', 'too small');
          return { run: { id: 'r1' } };
        },
        cancelRun: async ({ runId }) => {
          cancelled.push(runId);
          return { run: { id: runId } };
        },
      },
    },
  });
  const cancelled: string[] = [];
  await expect(compare()).rejects.toThrow('spec.selection.fraction: too small');
  expect(cancelled).toEqual(['r1']);
  expect(calls).toEqual([]);
});

test('an interrupt cancels every run', async () => {
  const controller = new AbortController();
  const { calls, compare } = await services({
    script: {
      training: {
        async *watchRun({ runId }, context) {
          yield { event: { case: 'run', value: { id: runId, state: RunState.RUNNING } } };
          controller.abort();
          await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
        },
      },
    },
  });
  await expect(compare(plan, controller.signal)).rejects.toMatchObject({ code: status.CANCELLED });
  expect(calls.filter((call) => call.startsWith('cancel'))).toEqual(['cancel full', 'cancel random', 'cancel craig']);
});

test('a run that fails is told, and the others go on', async () => {
  const { notes, compare } = await services({
    endAs: (name) => (name === 'random' ? RunState.FAILED : RunState.SUCCEEDED),
  });
  const finished = await compare();
  expect(finished.map(({ run }) => run.state)).toEqual([RunState.SUCCEEDED, RunState.FAILED, RunState.SUCCEEDED]);
  expect(notes).toContain('random failed: loss is NaN');
});

test('report, index sets and models are saved', async () => {
  const { compare, clients } = await services({
    endAs: (name) => (name === 'random' ? RunState.FAILED : RunState.SUCCEEDED),
  });
  const folder = temporaryFolder();
  const { models, summary } = await saveResults(
    folder,
    await compare(),
    clients.training,
    new AbortController().signal,
  );
  expect(models).toEqual(['full.safetensors', 'craig.safetensors']);
  expect(readFileSync(join(folder, 'craig.safetensors')).equals(model)).toBe(true);
  expect(existsSync(join(folder, 'report.html'))).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(summary)));
  expect(summary.runs.map(({ indexSets }) => indexSets.length)).toEqual([0, 2, 2]);
});
