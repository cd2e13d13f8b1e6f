import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, fromJsonString, type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { IndexSetSchema } from '../../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ObjectiveKind } from '../../../../proto/gen/winnow/v1/objective_pb.ts';
import { type RunSchema, RunSpecSchema, RunState } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import { ScorerOutput } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { SelectSubsetRequest } from '../../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { EvaluateModelRequest } from '../../../../proto/gen/winnow/v1/training_service_pb.ts';
import { scriptedServer } from '../scripted-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runAgainst } from './test-io.ts';

const checkpoint = { sha256: 'ab'.repeat(32), sizeBytes: 12n };
const finished: MessageInitShape<typeof RunSchema> = {
  id: 'r1',
  state: RunState.SUCCEEDED,
  spec: {
    name: 'full',
    epochs: 2,
    seed: 3n,
    dataset: { name: 'cifar-10' },
    model: { architecture: 'resnet-small' },
    objective: { kind: ObjectiveKind.MART, attack: { epsilon: 8 / 255, stepSize: 2 / 255, steps: 10 } },
  },
  epochsDone: 2,
  result: {
    cleanAccuracy: 0.8,
    robustAccuracy: 0.5,
    attackName: 'PGD-10',
    attack: { epsilon: 8 / 255 },
    examples: 1000,
  },
  checkpoint,
};
const indexSet: MessageInitShape<typeof IndexSetSchema> = {
  runId: 'r1',
  scorer: 'craig',
  datasetExamples: 10,
  indexGaps: [2, 1, 5],
  weights: [1, 0.5, 2],
};

test('scorers are listed with their parameters', async () => {
  const { address } = await scriptedServer({
    scoring: {
      listScorers: async () => ({
        scorers: [
          {
            name: 'craig',
            version: '1',
            summary: 'Facility location.',
            output: ScorerOutput.SET,
            parameters: [
              { name: 'rounds', defaultValue: 4, minimum: 1, maximum: 9, integer: true, description: 'How often.' },
            ],
          },
        ],
      }),
    },
  });
  const { out } = await runAgainst(address, ['scorers']);
  expect(out).toContain('craig  (version 1, gives a set with weights)\n  Facility location.');
  expect(out).toMatch(/rounds +4 +1 \.\. 9, whole +How often\./);
  const json = JSON.parse((await runAgainst(address, ['scorers', '--json'])).out);
  expect(json.scorers[0]).toMatchObject({ name: 'craig', output: 'SCORER_OUTPUT_SET' });
});

test('a run is created from options, and its id printed', async () => {
  let asked: unknown;
  const { address } = await scriptedServer({
    training: {
      createRun: async ({ spec }) => {
        asked = spec;
        return { run: { id: 'r9' } };
      },
    },
  });
  const { code, out } = await runAgainst(address, [
    'run',
    'create',
    '--scorer',
    'random',
    '--epsilon',
    '8/255',
    '--seed',
    '5',
  ]);
  expect({ code, out }).toEqual({ code: 0, out: 'r9' });
  expect(asked).toMatchObject({
    name: 'random',
    seed: 5n,
    selection: { scorer: 'random' },
    objective: { attack: { epsilon: 8 / 255 } },
  });
});

test('a run is created from a file just as it is there', async () => {
  const spec = create(RunSpecSchema, { name: 'mine', epochs: 4, seed: 2n ** 60n, batchSize: 16 });
  const file = join(temporaryFolder(), 'spec.json');
  writeFileSync(file, toJsonString(RunSpecSchema, spec));
  const { address } = await scriptedServer({
    training: { createRun: async (request) => ({ run: { id: 'r9', ...(request.spec && { spec: request.spec }) } }) },
  });
  const { out } = await runAgainst(address, ['run', 'create', '-f', file, '--json']);
  expect(fromJsonString(RunSpecSchema, JSON.stringify(JSON.parse(out).spec))).toEqual(spec);
});

test('a file with an unknown field is refused by name', async () => {
  const file = join(temporaryFolder(), 'spec.json');
  writeFileSync(file, '{"epoks": 3}');
  const { code, err } = await runAgainst('127.0.0.1:1', ['run', 'create', '-f', file]);
  expect(code).toBe(1);
  expect(err).toMatch(/spec\.json can't be read as a RunSpec: .*epoks/);
});

test('runs are listed as a table, up to a limit', async () => {
  const { address } = await scriptedServer({
    training: {
      listRuns: async () => ({ runs: [finished, { id: 'r0', spec: { name: 'older', epochs: 3 } }], nextPageToken: '' }),
    },
  });
  const { out } = await runAgainst(address, ['run', 'list']);
  expect(out).toMatch(/^id +name +state/);
  expect(out).toMatch(/\nr1 +full +succeeded +2\/2 +full +80 % +50 %/);
  expect((await runAgainst(address, ['run', 'list', '--limit', '1'])).out).not.toContain('older');
  expect(JSON.parse((await runAgainst(address, ['run', 'list', '--json'])).out).runs).toHaveLength(2);
});

test('a run is shown with exact values', async () => {
  const { address } = await scriptedServer({ training: { getRun: async () => ({ run: finished }) } });
  const { out } = await runAgainst(address, ['run', 'get', 'r1']);
  expect(out).toContain('attack    10 steps of 2/255 = 0.007843, eps 8/255 = 0.03137');
  expect(out).toContain('accuracy  clean 80 %, robust 50 % under PGD-10 eps 8/255 = 0.03137, 1000 examples');
  expect(out).toContain(`sha256 ${checkpoint.sha256}, 12 bytes`);
});

test('watching follows a run to its end', async () => {
  const { address } = await scriptedServer({
    training: {
      getRun: async () => ({ run: finished }),
      async *watchRun() {
        yield { event: { case: 'run', value: { id: 'r1', state: RunState.RUNNING, spec: { epochs: 2 } } } };
        yield { event: { case: 'progress', value: { phase: 'train', epoch: 0, done: 1, total: 2, loss: 0.5 } } };
        yield { event: { case: 'run', value: finished } };
      },
    },
  });
  const { code, out, err } = await runAgainst(address, ['run', 'watch', 'r1']);
  expect(code).toBe(0);
  expect(err).toMatch(/full {2}epoch 1\/2.*\nfull {2}epoch 2\/2 {2}done/);
  expect(out).toContain('state     succeeded');
  const lines = (await runAgainst(address, ['run', 'watch', 'r1', '--json'])).out
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => Object.keys(line)[0])).toEqual(['run', 'progress', 'run']);
});

test('watching a run that fails is a failure', async () => {
  const failed = { ...finished, state: RunState.FAILED };
  const { address } = await scriptedServer({
    training: {
      getRun: async () => ({ run: failed }),
      async *watchRun() {
        yield { event: { case: 'run', value: failed } };
      },
    },
  });
  const { code, err } = await runAgainst(address, ['run', 'watch', 'r1']);
  expect(code).toBe(1);
  expect(err).toContain('winnow: run r1 failed; see "winnow run get r1"');
});

test('an interrupted watch ends quietly and leaves the run alone', async () => {
  const calls: string[] = [];
  const { address } = await scriptedServer({
    training: {
      getRun: async () => ({ run: finished }),
      cancelRun: async () => {
        calls.push('cancel');
        return { run: finished };
      },
      async *watchRun(_, context) {
        yield { event: { case: 'run', value: { id: 'r1', state: RunState.RUNNING } } };
        await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
      },
    },
  });
  const controller = new AbortController();
  const { code, err } = await runAgainst(address, ['run', 'watch', 'r1'], {
    signal: controller.signal,
    onErr: () => controller.abort(),
  });
  expect(code).toBe(1);
  expect(err).not.toContain('winnow:');
  expect(calls).toEqual([]);
});

test('a model is downloaded into a file', async () => {
  const model = Buffer.from('a model');
  const sha256 = createHash('sha256').update(model).digest('hex');
  const { address } = await scriptedServer({
    training: {
      async *downloadModel() {
        yield { checkpoint: { sha256, sizeBytes: BigInt(model.length) }, data: model };
      },
    },
  });
  const file = join(temporaryFolder(), 'm.safetensors');
  expect((await runAgainst(address, ['run', 'download', 'r1', '-o', file])).out).toBe(`${file}  7 bytes`);
  expect(readFileSync(file).equals(model)).toBe(true);
  const { code, err } = await runAgainst(address, ['run', 'download', 'r1', '-o', '/nonexistent/m']);
  expect(code).toBe(1);
  expect(err).toMatch(/\/nonexistent\/m can't be written: .*; give another --output/);
});

test('an index set is shown, listed, and written as JSON', async () => {
  const { address } = await scriptedServer({ scoring: { getIndexSet: async () => ({ indexSet }) } });
  const file = join(temporaryFolder(), 'set.json');
  const { out } = await runAgainst(address, ['index-set', 'get', 'r1', '-o', file]);
  expect(out).toContain('kept        3 of 10 (30 %)');
  expect(fromJsonString(IndexSetSchema, readFileSync(file, 'utf8')).indexGaps).toEqual([2, 1, 5]);
  expect((await runAgainst(address, ['index-set', 'get', 'r1', '--indices'])).out).toBe('2 1\n3 0.5\n8 2');
});

test('a selection can take its target from a run', async () => {
  let asked: SelectSubsetRequest | undefined;
  const { address } = await scriptedServer({
    training: { getRun: async () => ({ run: finished }) },
    scoring: {
      async *selectSubset(request) {
        asked = request;
        yield { part: { case: 'progress', value: { phase: 'attack', done: 5, total: 10 } } };
        yield { part: { case: 'indexSet', value: indexSet } };
      },
    },
  });
  const { out, err } = await runAgainst(address, ['select', '--scorer', 'craig', '--run', 'r1', '--fraction', '0.3']);
  expect(asked).toMatchObject({
    target: { dataset: { name: 'cifar-10' }, model: { architecture: 'resnet-small' }, checkpoint, seed: 1n },
    selection: { scorer: 'craig', fraction: 0.3 },
  });
  expect(err).toBe('attack 5/10 (50 %)');
  expect(out).toContain('scorer      craig');
});

test("an evaluation takes the run's data, model and radius, and shows the result", async () => {
  let asked: EvaluateModelRequest | undefined;
  const { address } = await scriptedServer({
    training: {
      getRun: async () => ({ run: finished }),
      async *evaluateModel(request) {
        asked = request;
        yield { part: { case: 'progress', value: { done: 1, total: 2 } } };
        yield { part: { case: 'evaluation', value: finished.result as object } };
      },
    },
  });
  const { out } = await runAgainst(address, ['evaluate', '--run', 'r1', '--eval-steps', '50', '--eval-restarts', '10']);
  expect(asked).toMatchObject({
    dataset: { name: 'cifar-10' },
    checkpoint,
    attack: { epsilon: 8 / 255, stepSize: 2 / 255, steps: 50, restarts: 10 },
    examples: 0,
  });
  expect(out).toBe('clean 80 %, robust 50 % under PGD-10 eps 8/255 = 0.03137, 1000 examples');
});
