import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ScoringClient } from '../../../clients/node/scoring-client.ts';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import { runToEnd } from './follow-run.ts';
import { attack, tinySpec, tinyTarget } from './requests.ts';
import { rpcFailure } from './rpc-failure.ts';
import { type Stack, startStack } from './stack.ts';

// Hours of work where nothing stops it: all digits, and as many steps as an attack may have.
const endlessAttack = { epsilon: 0.3, stepSize: 0.01, steps: 1_000 };
const endless = {
  target: tinyTarget({ dataset: { name: 'mnist' } }),
  selection: { scorer: 'adv-grad-match', fraction: 0.1, attack: endlessAttack },
};
// Long enough for the work to have begun.
const BEGUN_MS = 3_000;
// A step of the attack takes milliseconds, loading the next data set a second.
const FREE_MS = 10_000;

let stack: Stack;
let scoring: ScoringClient;
let training: TrainingClient;

beforeAll(async () => {
  stack = await startStack('scoring', 'training');
  scoring = await stack.scoring();
  training = await stack.training();
});

afterAll(() => stack.stop());

/** Whether the scoring worker is free, that is, does a small piece of work at once. */
async function selectsAgain(): Promise<void> {
  const request = { target: tinyTarget(), selection: { scorer: 'el2n', fraction: 0.5 } };
  const parts = [];
  for await (const part of scoring.selectSubset(request, { timeoutMs: FREE_MS })) parts.push(part.case);
  expect(parts.at(-1)).toBe('indexSet');
}

it.each([
  { method: 'SelectSubset', call: (options: object) => scoring.selectSubset(endless, options) },
  {
    method: 'ScoreDataset',
    call: (options: object) =>
      scoring.scoreDataset({ target: endless.target, scorer: 'el2n', attack: endlessAttack }, options),
  },
])('$method stops working when its caller cancels, or runs out of time', async ({ call }) => {
  const cancelled = await rpcFailure(call({ signal: AbortSignal.timeout(BEGUN_MS) }));
  expect(cancelled.code).toBe(status.CANCELLED);
  await selectsAgain();

  const expired = await rpcFailure(call({ timeoutMs: BEGUN_MS }));
  expect(expired.code).toBe(status.DEADLINE_EXCEEDED);
  await selectsAgain();
});

it('EvaluateModel stops working when its caller is gone', async () => {
  const { run } = await runToEnd(training, tinySpec({ epochs: 1 }));
  const { dataset, model } = run.spec!;
  const request = { model: model!, checkpoint: run.checkpoint!, seed: 1n };
  const hours = { ...request, dataset: { name: 'mnist' }, attack: { ...endlessAttack, restarts: 100 } };
  const expired = await rpcFailure(training.evaluateModel(hours, { timeoutMs: BEGUN_MS }));
  expect(expired.code).toBe(status.DEADLINE_EXCEEDED);

  const parts = [];
  const small = { ...request, dataset: dataset!, attack };
  for await (const part of training.evaluateModel(small, { timeoutMs: FREE_MS })) parts.push(part.case);
  expect(parts.at(-1)).toBe('evaluation');
});

it('a call whose time is over does nothing', async () => {
  const { code } = await rpcFailure(scoring.selectSubset(endless, { timeoutMs: 0 }));
  expect(code).toBe(status.DEADLINE_EXCEEDED);
  await selectsAgain();
});
