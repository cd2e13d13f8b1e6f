import { create } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decodeIndices } from '../../../clients/node/index-set.ts';
import type { ScoringClient } from '../../../clients/node/scoring-client.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type SelectionFinished, SelectionRequestedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ScorerFallback, WeightMeaning } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { readIndexSet } from '../../../services/index-set/check-index-set.ts';
import { IndexSetHistory } from '../../../services/index-set/history.ts';
import type { Bus } from '../../../services/platform/bus/connection.ts';
import { publish } from '../../../services/platform/bus/publish.ts';
import { selectionRequestedSubject } from '../../../services/platform/bus/streams.ts';
import { type ScoreFault, type SetFault, scoreFaults, setFaults } from '../fixtures/faults.ts';
import { type ScorerProcess, startFaultyScorer } from '../scorer-process.ts';
import { EXAMPLES, tinyTarget } from './requests.ts';
import { rpcFailure } from './rpc-failure.ts';
import { type Stack, startStack } from './stack.ts';
import { connectTestBus } from './test-bus.ts';

/** Long for a few hundred examples, short for a scorer that never answers. */
const TIMEOUT_S = 8;
const KEPT = 90;

let stack: Stack;
let scoring: ScoringClient;
let bus: Bus;
let fingerprint: string;
const scorers: Record<string, ScorerProcess> = {};
let runs = 0;

beforeAll(async () => {
  process.env.WINNOW_SCORER_TIMEOUT = `${TIMEOUT_S}`;
  stack = await startStack('scoring').finally(() => delete process.env.WINNOW_SCORER_TIMEOUT);
  scoring = await stack.scoring();
  bus = await connectTestBus(stack.nats.url);
  for (const output of ['scores', 'set'] as const) {
    const scorer = await startFaultyScorer(output);
    scorers[`faulty-${output}`] = scorer;
    await scoring.registerScorer(scorer.address);
  }
  fingerprint = (await selectOnce('random')).datasetFingerprint;
});

afterAll(async () => {
  await Promise.all(Object.values(scorers).map((scorer) => scorer.kill()));
  await bus?.close();
  await stack?.stop();
});

async function selectOnce(
  scorer: string,
  parameters = {},
  fallback: ScorerFallback = ScorerFallback.UNSPECIFIED,
): Promise<IndexSet> {
  const selection = { scorer, fraction: 0.3, parameters, fallback };
  for await (const part of scoring.selectSubset({ target: tinyTarget(), selection })) {
    if (part.case === 'indexSet') return part.value;
  }
  throw new Error('the stream ended without a set');
}

/** Asks for the set of a run's round as training does, and waits for what becomes of it. */
async function ask(
  runId: string,
  round: number,
  scorer: string,
  fault: number,
  fallback: ScorerFallback = ScorerFallback.UNSPECIFIED,
): Promise<SelectionFinished['outcome']> {
  const { dataset, model, objective, seed } = tinyTarget();
  const selection = { scorer, fraction: 0.3, parameters: { fault }, fallback };
  const request = create(SelectionRequestedSchema, {
    ...{ runId, round, dataset: dataset!, datasetFingerprint: fingerprint, model: model!, objective: objective!, seed },
    selection,
  });
  await publish(bus, selectionRequestedSubject(runId, round), SelectionRequestedSchema, request, {
    messageId: `${runId}.${round}`,
  });
  for await (const finished of new IndexSetHistory(bus).follow(runId, AbortSignal.timeout(100_000))) {
    if (finished.round === round) return finished.outcome;
  }
  throw new Error(`round ${round} of ${runId} has no answer`);
}

const newRun = () => `run-${++runs}`;

function setOf(outcome: SelectionFinished['outcome']): IndexSet {
  if (outcome.case !== 'indexSet') throw new Error(`no set but ${JSON.stringify(outcome.value)}`);
  expect(readIndexSet(outcome.value).indices).toHaveLength(KEPT);
  return outcome.value;
}

it('selects by a scorer that keeps the contract', async () => {
  const byScores = setOf(await ask(newRun(), 0, 'faulty-scores', 0));
  expect(byScores).toMatchObject({ scorer: 'faulty-scores', scorerVersion: '1', datasetExamples: EXAMPLES });
  expect(byScores.fallback).toBeUndefined();
  expect(byScores.scores?.meaning).toContain("'faulty-scores'");
  expect(byScores.quality?.keptPerClass.reduce((sum, count) => sum + count, 0)).toBe(KEPT);
  // The scores are a permutation of 0 to N - 1.
  const expected = Array.from({ length: EXAMPLES }, (_, i) => i).filter(
    (i) => (i * 7919) % EXAMPLES >= EXAMPLES - KEPT,
  );
  expect([...decodeIndices(byScores).indices]).toEqual(expected);
  const bySet = setOf(await ask(newRun(), 0, 'faulty-set', 0));
  expect(bySet.weightMeaning).toBe(WeightMeaning.NORMALISED_SUM);
  expect(bySet.weights).toHaveLength(KEPT);
  expect(bySet.scores).toBeUndefined();
});

it('scores by one that gives scores, and refuses one that gives sets', async () => {
  const scores: number[] = [];
  for await (const part of scoring.scoreDataset({ target: tinyTarget(), scorer: 'faulty-scores' })) {
    if (part.case === 'scores') scores.push(...part.value.scores);
  }
  expect(scores).toEqual(Array.from({ length: EXAMPLES }, (_, i) => (i * 7919) % EXAMPLES));
  const refused = await rpcFailure(scoring.scoreDataset({ target: tinyTarget(), scorer: 'faulty-set' }));
  expect(refused.fields[0].field).toBe('scorer');
});

const saysOfScores: Partial<Record<ScoreFault, string>> = {
  'too few scores': `ended its answer after ${EXAMPLES - 1} of ${EXAMPLES} scores`,
  'too many scores': `sent ${EXAMPLES + 1} scores for ${EXAMPLES} examples`,
  'a score that is no number': 'gave example 3 the score NaN',
  'an infinite score': 'gave example 3 the score Infinity',
  'scores from another place on': 'sent scores from example 1 on, where 0 was next',
  'a message without scores': 'sent a message without scores',
  'an empty message': 'sent an empty message',
  'a set instead': 'sent a set, and gives scores',
  'bytes that are no message': 'sent bytes that are no message of the contract',
  'a message that is too large': 'failed with RESOURCE_EXHAUSTED',
  'more after the end': 'sent more after the end',
  'an error': 'failed with INTERNAL: the disk is worn out',
  'never an answer': `${TIMEOUT_S} s`,
  'half an answer, then silence': `${TIMEOUT_S} s`,
  'never reading': `${TIMEOUT_S} s`,
};

const saysOfSets: Partial<Record<SetFault, string>> = {
  'an index twice': 'kept example 0 twice',
  'indices that are not sorted': 'sent indices that are not sorted',
  'indices of a larger data set': `kept example ${EXAMPLES} of ${EXAMPLES}`,
  'one example too few': `kept ${KEPT - 1} examples instead of ${KEPT}`,
  'a negative weight': 'sent the weight -1',
  'a weight that is no number': 'sent the weight NaN',
  'weights that are all 0': 'sent weights that are all 0',
  'too few weights': `sent ${KEPT - 1} weights for ${KEPT} examples`,
  'a second set': 'sent more after the end',
  'no set': 'ended its answer without a set',
};

const cases = [
  ...Object.entries(saysOfScores).map(([fault, says]) => ({
    scorer: 'faulty-scores',
    ...{ fault, number: scoreFaults.indexOf(fault as ScoreFault), says },
  })),
  ...Object.entries(saysOfSets).map(([fault, says]) => ({
    scorer: 'faulty-set',
    ...{ fault, number: setFaults.indexOf(fault as SetFault), says },
  })),
];

describe('what a scorer does wrong fails its selection, with its name, and no other', () => {
  it.each(cases)('$scorer: $fault', async ({ scorer, number, says }) => {
    const outcome = await ask(newRun(), 0, scorer, number);
    expect(outcome).toMatchObject({ case: 'failure', value: { reason: ErrorReason.SCORER_FAILED } });
    const { message } = outcome.value as { message: string };
    expect(message).toContain(`scorer '${scorer}' at ${scorers[scorer].address}`);
    expect(message).toContain(says);
    expect(setOf(await ask(newRun(), 0, scorer, 0)).fallback).toBeUndefined();
  });
});

describe('where the run asks for something in its place', () => {
  const fault = scoreFaults.indexOf('a score that is no number');

  it('a random set from the seed says what it is', async () => {
    const set = setOf(await ask(newRun(), 0, 'faulty-scores', fault, ScorerFallback.RANDOM));
    expect(set.fallback).toMatchObject({ kind: ScorerFallback.RANDOM, reason: expect.stringContaining('score NaN') });
    expect(set.scorer).toBe('faulty-scores');
    expect(set.scores).toBeUndefined();
    expect(decodeIndices(set).indices).toEqual(decodeIndices(await selectOnce('random')).indices);
    // The attack that was in vain is part of what it cost.
    expect(set.cost!.passes!.forward).toBeGreaterThan(0n);
    const warnings = stack.log('scoring').filter(({ msg }) => msg.startsWith('the scorer failed'));
    expect(warnings.at(-1)?.msg).toContain('a random set takes its place');
  });

  it("the run's last set comes again, and a random one where there is none", async () => {
    const run = newRun();
    const first = setOf(await ask(run, 0, 'faulty-scores', fault, ScorerFallback.LAST_SET));
    expect(first.fallback?.kind).toBe(ScorerFallback.RANDOM);
    const good = setOf(await ask(run, 1, 'faulty-scores', 0, ScorerFallback.LAST_SET));
    expect(good.fallback).toBeUndefined();
    const again = setOf(await ask(run, 2, 'faulty-scores', fault, ScorerFallback.LAST_SET));
    expect(again.fallback?.kind).toBe(ScorerFallback.LAST_SET);
    expect(again.indexGaps).toEqual(good.indexGaps);
    expect(again.round).toBe(2);
    expect(again.quality?.overlap).toBe(1);
  });

  it('a selection on request gets it, too', async () => {
    const set = await selectOnce('faulty-scores', { fault }, ScorerFallback.LAST_SET);
    expect(set.fallback?.kind).toBe(ScorerFallback.RANDOM);
    const { reason } = await rpcFailure(selectOnce('faulty-scores', { fault }));
    expect(reason).toBe(ErrorReason.SCORER_FAILED);
  });
});

describe('a scorer that comes and goes', () => {
  afterEach(async () => {
    for (const scorer of Object.values(scorers)) if (scorer.hasEnded()) await scorer.start();
  });

  it('crashes in the middle of its answer, over and over', async () => {
    const fault = scoreFaults.indexOf('a crash in the middle');
    const outcome = await ask(newRun(), 0, 'faulty-scores', fault, ScorerFallback.RANDOM);
    const { fallback } = setOf(outcome);
    expect(fallback?.reason).toMatch(/'faulty-scores' .* (is away|failed with|did not answer)/);
  });

  it('is away when it is asked, and comes up again in time', async () => {
    await scorers['faulty-set'].kill();
    const asked = ask(newRun(), 0, 'faulty-set', 0);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await scorers['faulty-set'].start();
    expect(setOf(await asked).fallback).toBeUndefined();
  });

  it('is never ready', async () => {
    scorers['faulty-set'].toggleReady();
    try {
      const outcome = await ask(newRun(), 0, 'faulty-set', 0, ScorerFallback.RANDOM);
      expect(setOf(outcome).fallback?.reason).toMatch(/was not ready within \d+ s: the index is being built/);
      const endpoints = await scoring.listScorerEndpoints();
      const ready = (name: string) => endpoints.find((endpoint) => endpoint.name === name);
      expect(ready('faulty-set')).toMatchObject({ ready: false, detail: 'the index is being built' });
      expect(ready('faulty-scores')).toMatchObject({ ready: true, configured: false });
    } finally {
      scorers['faulty-set'].toggleReady();
    }
  });

  it('is forgotten while a run uses it', async () => {
    await scoring.unregisterScorer('faulty-set');
    const none = await ask(newRun(), 0, 'faulty-set', 0);
    expect(none).toMatchObject({ case: 'failure', value: { reason: ErrorReason.UNKNOWN_SCORER } });
    const instead = await ask(newRun(), 0, 'faulty-set', 0, ScorerFallback.LAST_SET);
    expect(setOf(instead).fallback?.kind).toBe(ScorerFallback.RANDOM);
    expect((await rpcFailure(scoring.unregisterScorer('faulty-set'))).reason).toBe(ErrorReason.UNKNOWN_SCORER);
    await scoring.registerScorer(scorers['faulty-set'].address);
    expect(setOf(await ask(newRun(), 0, 'faulty-set', 0)).fallback).toBeUndefined();
  });
});

it('registers only what is allowed, and says how to allow it', async () => {
  const elsewhere = await rpcFailure(scoring.registerScorer('scorer.example.org:7450'));
  expect(elsewhere.fields[0]).toMatchObject({ field: 'address' });
  expect(elsewhere.message).toContain('WINNOW_SCORER_HOSTS');
  for (const address of ['unix:7000', 'localhost', 'http://localhost:1', '']) {
    expect((await rpcFailure(scoring.registerScorer(address))).fields[0].field).toBe('address');
  }
  const nobody = await rpcFailure(scoring.registerScorer('127.0.0.1:1'));
  expect(nobody.reason).toBe(ErrorReason.SCORER_FAILED);
  const noScorer = await rpcFailure(scoring.registerScorer(scoring.address));
  expect(noScorer.message).toContain('does not serve winnow.v1.ScorerService');
});
