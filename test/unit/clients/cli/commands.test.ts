import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, fromJsonString, type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { IndexSetSchema } from '../../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ObjectiveKind } from '../../../../proto/gen/winnow/v1/objective_pb.ts';
import { type RunSchema, RunSpecSchema, RunState, Split } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import { ScorerOutput } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type {
  ExplainExamplesResponseSchema,
  SelectSubsetRequest,
} from '../../../../proto/gen/winnow/v1/scoring_service_pb.ts';
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

test('a run with held-out examples is shown with its best epoch beside the last', async () => {
  const bestSha256 = 'cd'.repeat(32);
  const measured = { attackName: 'PGD-10', attack: { epsilon: 8 / 255 } };
  const best = {
    epoch: 0,
    checkpoint: { sha256: bestSha256, sizeBytes: 34n },
    validation: { ...measured, cleanAccuracy: 0.7, robustAccuracy: 0.6, examples: 250, split: Split.VALIDATION },
    result: { ...measured, cleanAccuracy: 0.75, robustAccuracy: 0.55, examples: 1000, split: Split.TEST },
  };
  const { address } = await scriptedServer({ training: { getRun: async () => ({ run: { ...finished, best } }) } });
  const { out } = await runAgainst(address, ['run', 'get', 'r1']);
  const under = 'under PGD-10 eps 8/255 = 0.03137';
  expect(out).toContain(`accuracy  clean 80 %, robust 50 % ${under}, 1000 examples`);
  expect(out).toContain(`best      epoch 1: clean 75 %, robust 55 % ${under}, 1000 examples`);
  expect(out).toContain(`held out  clean 70 %, robust 60 % ${under}, 250 held-out examples`);
  expect(out).toContain(`best file sha256 ${bestSha256}, 34 bytes`);
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

test('the best model is downloaded where it is asked for, the newest else', async () => {
  const asked: boolean[] = [];
  const sha256 = createHash('sha256').update('').digest('hex');
  const { address } = await scriptedServer({
    training: {
      async *downloadModel({ best }) {
        asked.push(best);
        yield { checkpoint: { sha256, sizeBytes: 0n } };
      },
    },
  });
  const file = join(temporaryFolder(), 'm.safetensors');
  expect((await runAgainst(address, ['run', 'download', 'r1', '-o', file])).code).toBe(0);
  expect((await runAgainst(address, ['run', 'download', 'r1', '--best', '-o', file])).code).toBe(0);
  expect(asked).toEqual([false, true]);
});

test('an index set is shown, listed, and written as JSON', async () => {
  const { address } = await scriptedServer({ scoring: { getIndexSet: async () => ({ indexSet }) } });
  const file = join(temporaryFolder(), 'set.json');
  const { out } = await runAgainst(address, ['index-set', 'get', 'r1', '-o', file]);
  expect(out).toContain('kept        3 of 10 (30 %)');
  expect(fromJsonString(IndexSetSchema, readFileSync(file, 'utf8')).indexGaps).toEqual([2, 1, 5]);
  expect((await runAgainst(address, ['index-set', 'get', 'r1', '--indices'])).out).toBe('2 1\n3 0.5\n8 2');
});

const explained: MessageInitShape<typeof ExplainExamplesResponseSchema> = {
  scorer: 'el2n',
  scoreMeaning: 'The norm of the error: the largest are kept.',
  examples: [
    {
      index: 12,
      label: 1,
      rounds: [
        { round: 0, kept: true, weight: 1.25, score: 0.123456, rank: 12, classExamples: 400, classKept: 120 },
        { round: 1, kept: false, weight: 0, classExamples: 400, classKept: 110 },
      ],
    },
  ],
};

test('an explanation is a table for each example, with the names of classes', async () => {
  let asked: unknown;
  const { address } = await scriptedServer({
    training: { getRun: async () => ({ run: { ...finished, dataset: { classNames: ['dog', 'cat'] } } }) },
    scoring: {
      explainExamples: async ({ runId, indices }) => {
        asked = { runId, indices };
        return explained;
      },
    },
  });
  const { code, out } = await runAgainst(address, ['run', 'explain', 'r1', '12', '7']);
  expect(code).toBe(0);
  expect(asked).toEqual({ runId: 'r1', indices: [12, 7] });
  expect(out).toMatch(/^Example 12, class 'cat'\nround +weight +score +rank by score\n/);
  expect(out).toMatch(/\n0 +kept +1\.25 +0\.1235 +12 of 400 of class 'cat', 120 kept\n/);
  expect(out).toMatch(/\n1 +dropped +- +- +one of 400 of class 'cat', 110 kept\n/);
  expect(out).toMatch(/\n\nScorer el2n, score: The norm of the error: the largest are kept\.$/);
  const json = JSON.parse((await runAgainst(address, ['run', 'explain', 'r1', '12', '--json'])).out);
  expect(json.examples[0]).toMatchObject({ index: 12, label: 1, rounds: [{ kept: true, rank: 12 }, { round: 1 }] });
});

test('an explanation makes do with labels where the training service does not answer for the run', async () => {
  const { address } = await scriptedServer({ scoring: { explainExamples: async () => explained } });
  expect((await runAgainst(address, ['run', 'explain', 'r1', '12'])).out).toContain('12 of 400 of class 1, 120 kept');
});

test.each([
  [['r1'], 'missing required argument'],
  [['r1', 'x'], 'give a whole number'],
  [['r1', '4', '4'], '4 is given twice'],
  [['r1', '4294967296'], 'at most 4294967295'],
])('an explanation of %j is refused', async (line, message) => {
  const { code, err } = await runAgainst('127.0.0.1:1', ['run', 'explain', ...line]);
  expect(code).toBeGreaterThan(0);
  expect(err).toContain(message);
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

test('an evaluation by AutoAttack shows every attack, the worst case and warnings, and how far it is', async () => {
  const epsilon = 0.123456;
  const evaluation = {
    cleanAccuracy: 0.8,
    robustAccuracy: 0.5,
    attackName: 'PGD-50 x10',
    attack: { epsilon },
    examples: 1000,
    warnings: ['Random noise took 5.0 % off.'],
    worstCaseAccuracy: 0.47,
    autoAttack: {
      epsilon,
      robustAccuracy: 0.475,
      examples: 1000,
      seconds: 725,
      attacks: [
        { attack: 'clean', accuracy: 0.8, broken: 200 },
        { attack: 'apgd-ce', accuracy: 0.475, broken: 325 },
      ],
    },
  };
  let asked: EvaluateModelRequest | undefined;
  const { address } = await scriptedServer({
    training: {
      getRun: async () => ({ run: finished }),
      async *evaluateModel(request) {
        asked = request;
        yield { part: { case: 'progress', value: { done: 1, total: 4, phase: 'apgd-ce', standing: 3 } } };
        yield { part: { case: 'evaluation', value: evaluation } };
      },
    },
  });
  const line = ['evaluate', '--run', 'r1', '--auto-attack', '--eval-epsilon', `${epsilon}`];
  const { out, err } = await runAgainst(address, line);
  expect(asked).toMatchObject({ attack: { epsilon, steps: 10 }, autoAttack: { epsilon } });
  expect(err).toBe('apgd-ce 1/4 (25 %), 3 examples stand');
  expect(out.split('\n')).toEqual([
    'clean 80 %, robust 50 % under PGD-50 x10 eps 0.123456, 1000 examples',
    'robust 47.5 % under AutoAttack eps 0.123456, 1000 examples, 12 min 05 s',
    '  clean    80 % left, 200 broken',
    '  apgd-ce  47.5 % left, 325 broken',
    'worst case of both, example by example: robust 47 %',
    'warning: Random noise took 5.0 % off.',
  ]);
  const json = JSON.parse((await runAgainst(address, [...line, '--json'])).out);
  expect(json).toMatchObject({ worstCaseAccuracy: 0.47, autoAttack: { attacks: [{ attack: 'clean' }, {}] } });
});

test("an evaluation can take the run's best model, if it has one", async () => {
  const best = { sha256: 'cd'.repeat(32), sizeBytes: 9n };
  let asked: EvaluateModelRequest | undefined;
  const { address } = await scriptedServer({
    training: {
      getRun: async ({ runId }) => ({ run: { ...finished, ...(runId === 'r2' && { best: { checkpoint: best } }) } }),
      async *evaluateModel(request) {
        asked = request;
        yield { part: { case: 'evaluation', value: finished.result as object } };
      },
    },
  });
  expect((await runAgainst(address, ['evaluate', '--run', 'r2', '--best'])).code).toBe(0);
  expect(asked).toMatchObject({ checkpoint: best });
  expect(asked!.autoAttack).toBeUndefined();
  const { code, err } = await runAgainst(address, ['evaluate', '--run', 'r1', '--best']);
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('run r1 has no best model') });
  const other = `${checkpoint.sha256}:12`;
  const both = await runAgainst(address, ['evaluate', '--run', 'r2', '--best', '--checkpoint', other]);
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining("'--best' cannot be used with option") });
});
