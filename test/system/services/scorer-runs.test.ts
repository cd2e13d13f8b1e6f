import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ScoringClient } from '../../../clients/node/scoring-client.ts';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { ScorerFallback } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { eventually } from '../../unit/platform/eventually.ts';
import { scoreFaults } from '../fixtures/faults.ts';
import { type ScorerProcess, startFaultyScorer } from '../scorer-process.ts';
import { runToEnd } from './follow-run.ts';
import { EXAMPLES, tinySpec } from './requests.ts';
import { rpcFailure } from './rpc-failure.ts';
import { type Stack, startStack } from './stack.ts';

let stack: Stack;
let training: TrainingClient;
let scoring: ScoringClient;
let scorer: ScorerProcess;

const KEPT = 90;
const wrong = scoreFaults.indexOf('a score that is no number');
const selectionOf = (fault: number, fallback: ScorerFallback = ScorerFallback.UNSPECIFIED) => ({
  scorer: 'faulty-scores',
  fraction: 0.3,
  everyEpochs: 1,
  parameters: { fault },
  fallback,
});

// The scorer is in the configuration, and away while the services start.
beforeAll(async () => {
  scorer = await startFaultyScorer('scores');
  await scorer.kill();
  process.env.WINNOW_SCORERS = scorer.address;
  process.env.WINNOW_SCORER_TIMEOUT = '10';
  stack = await startStack('scoring', 'training').finally(() => {
    delete process.env.WINNOW_SCORERS;
    delete process.env.WINNOW_SCORER_TIMEOUT;
  });
  training = await stack.training();
  scoring = await stack.scoring();
});

afterAll(async () => {
  await scorer?.kill();
  await stack?.stop();
});

it('a configured scorer that is away at the start is known once it comes up, to both services', async () => {
  const unknown = await rpcFailure(training.createRun(tinySpec({ selection: selectionOf(0) })));
  expect(unknown.reason).toBe(ErrorReason.UNKNOWN_SCORER);
  await scorer.start();
  await eventually(() => stack.log('scoring').some(({ msg }) => msg === 'a configured scorer is known'), 60_000);
  expect(await scoring.listScorerEndpoints()).toMatchObject([
    { name: 'faulty-scores', address: scorer.address, configured: true, ready: true },
  ]);
  expect((await scoring.listScorers()).map(({ name }) => name)).toContain('faulty-scores');
  const { run } = await runToEnd(training, tinySpec({ epochs: 2, selection: selectionOf(0) }));
  expect(run.failure).toBeUndefined();
  expect(run.rounds.map(({ kept }) => kept)).toEqual([KEPT, KEPT]);
});

it('parameters are checked against what the scorer says of itself, when a run is created', async () => {
  const parameters = { fault: scoreFaults.length };
  const refused = await rpcFailure(training.createRun(tinySpec({ selection: { ...selectionOf(0), parameters } })));
  expect(refused.fields.map(({ field }) => field)).toEqual(['spec.selection.parameters.fault']);
  const stray = { ...selectionOf(0), parameters: { luck: 1 } };
  const unknown = await rpcFailure(training.createRun(tinySpec({ selection: stray })));
  expect(unknown.fields.map(({ field }) => field)).toEqual(['spec.selection.parameters.luck']);
});

it('a run whose scorer fails ends, and says why', async () => {
  const { run } = await runToEnd(training, tinySpec({ epochs: 1, selection: selectionOf(wrong) }));
  expect(run.state).toBe(RunState.FAILED);
  expect(run.failure).toMatchObject({ reason: ErrorReason.SCORER_FAILED });
  expect(run.failure!.message).toContain("'faulty-scores'");
});

it.each([ScorerFallback.RANDOM, ScorerFallback.LAST_SET])('a run goes on by fallback %i', async (fallback) => {
  const { run } = await runToEnd(training, tinySpec({ epochs: 2, selection: selectionOf(wrong, fallback) }));
  expect(run.failure).toBeUndefined();
  expect(run.state).toBe(RunState.SUCCEEDED);
  expect(run.history.map(({ examples }) => examples)).toEqual([KEPT, KEPT]);
  const sets = await Promise.all([0, 1].map((round) => scoring.getIndexSet(run.id, round)));
  // a run that has no set yet has none to repeat
  expect(sets.map((set) => set.fallback?.kind)).toEqual([ScorerFallback.RANDOM, fallback]);
  if (fallback === ScorerFallback.LAST_SET) expect(sets[1].indexGaps).toEqual(sets[0].indexGaps);
});

it("explains examples by the scorer's own scores", async () => {
  const { run } = await runToEnd(training, tinySpec({ epochs: 1, selection: selectionOf(0) }));
  const { examples, scoreMeaning, scorer: name } = await scoring.explainExamples(run.id, [0, 1]);
  expect({ name, scoreMeaning }).toEqual({ name: 'faulty-scores', scoreMeaning: expect.stringContaining(name) });
  expect(examples.map(({ rounds }) => rounds[0].score)).toEqual([0, 7919 % EXAMPLES]);
});
