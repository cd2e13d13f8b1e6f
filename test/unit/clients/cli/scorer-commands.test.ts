import { expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ScorerFallback } from '../../../../proto/gen/winnow/v1/selection_pb.ts';
import { AppError } from '../../../../services/app-error.ts';
import { scriptedServer } from '../scripted-server.ts';
import { runAgainst } from './test-io.ts';

test('scorer services are listed with where they are, and whether they are ready', async () => {
  const endpoints = [
    { name: 'far', address: 'far:7450', configured: true, ready: false, detail: 'loading' },
    { name: 'near', address: 'near:7450', ready: true },
  ];
  const { address } = await scriptedServer({ scoring: { listScorers: async () => ({ endpoints }) } });
  const { out } = await runAgainst(address, ['scorer', 'list']);
  expect(out).toMatch(/^far +far:7450 +configuration +no: loading$/m);
  expect(out).toMatch(/^near +near:7450 +registration +yes$/m);
  const json = JSON.parse((await runAgainst(address, ['scorer', 'list', '--json'])).out);
  expect(json.endpoints).toMatchObject([
    { name: 'far', configured: true },
    { name: 'near', ready: true },
  ]);
});

test('without any, the list says how to register one', async () => {
  const { address } = await scriptedServer({ scoring: { listScorers: async () => ({}) } });
  expect((await runAgainst(address, ['scorer', 'list'])).out).toContain('winnow scorer register');
});

test('a scorer is registered and forgotten', async () => {
  const asked: string[] = [];
  const { address } = await scriptedServer({
    scoring: {
      registerScorer: async (request) => {
        asked.push(`register ${request.address}`);
        return { scorer: { name: 'near', version: '3' } };
      },
      unregisterScorer: async ({ name }) => {
        asked.push(`unregister ${name}`);
        if (name !== 'near') throw new AppError(ErrorReason.UNKNOWN_SCORER, `no scorer is named '${name}'`);
        return {};
      },
    },
  });
  const registered = await runAgainst(address, ['scorer', 'register', 'near:7450']);
  expect(registered.out).toContain('near  version 3');
  expect(registered.out).toContain('--scorer near');
  const json = await runAgainst(address, ['scorer', 'register', 'near:7450', '--json']);
  expect(JSON.parse(json.out)).toEqual({ name: 'near', version: '3' });
  expect((await runAgainst(address, ['scorer', 'unregister', 'near'])).code).toBe(0);
  const unknown = await runAgainst(address, ['scorer', 'unregister', 'far']);
  expect(unknown.code).not.toBe(0);
  expect(unknown.err).toContain('UNKNOWN_SCORER');
  expect(asked).toEqual(['register near:7450', 'register near:7450', 'unregister near', 'unregister far']);
});

test.each([
  ['none', ScorerFallback.UNSPECIFIED],
  ['last-set', ScorerFallback.LAST_SET],
  ['random', ScorerFallback.RANDOM],
])('--fallback %s is part of the run', async (name, fallback) => {
  let asked: ScorerFallback | undefined;
  const { address } = await scriptedServer({
    training: {
      createRun: async ({ spec }) => {
        asked = spec?.selection?.fallback;
        return { run: { id: 'r1' } };
      },
    },
  });
  await runAgainst(address, ['run', 'create', '--scorer', 'near', '--fallback', name]);
  expect(asked).toBe(fallback);
});

test('an index set says what took the place of its scorer', async () => {
  const indexSet = {
    scorer: 'near',
    datasetExamples: 10,
    indexGaps: [2, 1],
    fallback: { kind: ScorerFallback.LAST_SET, reason: "scorer 'near' is away" },
  };
  const { address } = await scriptedServer({ scoring: { getIndexSet: async () => ({ indexSet }) } });
  const { out } = await runAgainst(address, ['index-set', 'get', 'r1']);
  expect(out).toMatch(/^scorer +near, seed 0$/m);
  expect(out).toMatch(/^instead +the last good set, as scorer 'near' is away$/m);
});
