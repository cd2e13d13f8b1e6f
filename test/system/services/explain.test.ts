import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeIndices } from '../../../clients/node/index-set.ts';
import type { ScoringClient } from '../../../clients/node/scoring-client.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { SelectionRequestedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { RunSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { ExampleRound } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { Bus } from '../../../services/platform/bus/connection.ts';
import { openStore } from '../../../services/platform/bus/key-value.ts';
import { publish } from '../../../services/platform/bus/publish.ts';
import { RUN_BUCKET, selectionRequestedSubject } from '../../../services/platform/bus/streams.ts';
import { runToEnd } from './follow-run.ts';
import { digits, EXAMPLES, objective, tinyResnet, tinySpec } from './requests.ts';
import { rpcFailure } from './rpc-failure.ts';
import { type Stack, startStack } from './stack.ts';
import { connectTestBus } from './test-bus.ts';

let stack: Stack;
let scoring: ScoringClient;
let bus: Bus;

beforeAll(async () => {
  stack = await startStack('scoring', 'training');
  scoring = await stack.scoring();
  bus = await connectTestBus(stack.nats.url);
});

afterAll(async () => {
  await bus.close();
  await stack.stop();
});

const everyExample = Array.from({ length: EXAMPLES }, (_, index) => index);

/** The explanation of a round agrees with its set, example by example. */
function expectExplains(rounds: readonly ExampleRound[], labels: readonly number[], set: IndexSet): void {
  const { indices, weights } = decodeIndices(set);
  const weightOf = new Map(Array.from(indices, (index, i) => [index, weights?.[i] ?? 1]));
  for (const [index, round] of rounds.entries()) {
    const sameClass = everyExample.filter((other) => labels[other] === labels[index]);
    expect(round).toMatchObject({
      round: set.round,
      kept: weightOf.has(index),
      weight: weightOf.get(index) ?? 0,
      rank: 1 + sameClass.filter((other) => rounds[other].score! > round.score!).length,
      classExamples: sameClass.length,
      classKept: sameClass.filter((other) => weightOf.has(other)).length,
    });
  }
}

describe.each(['adv-grad-match', 'forgetting'])('a run that %s pruned twice', (scorer) => {
  it('is explained, example by example and round by round', async () => {
    const training = await stack.training();
    const selection = { scorer, fraction: 0.3, everyEpochs: 1 };
    const { run } = await runToEnd(training, tinySpec({ epochs: 2, selection }));
    expect(run.failure).toBeUndefined();
    const answer = await scoring.explainExamples(run.id, everyExample);
    expect(answer.scorer).toBe(scorer);
    expect(answer.scoreMeaning).toMatch(/\.$/);
    const labels = answer.examples.map(({ label }) => label);
    // the first digits of MNIST, class shares kept
    expect(labels.slice(0, 6)).toEqual([5, 0, 4, 1, 9, 2]);
    for (const round of [0, 1]) {
      const told = answer.examples.map(({ rounds }) => rounds[round]);
      expectExplains(told, labels, await scoring.getIndexSet(run.id, round));
      for (const { kept, rank, classKept } of told) if (kept) expect(rank).toBeLessThanOrEqual(classKept);
    }
    expect((await scoring.explainExamples(run.id, [17])).examples).toEqual([answer.examples[17]]);
    const failure = await rpcFailure(scoring.explainExamples(run.id, [0, EXAMPLES]));
    expect(failure).toMatchObject({ code: status.INVALID_ARGUMENT, reason: ErrorReason.INVALID_FIELD });
    expect(failure.message).toContain(`${EXAMPLES} is not below ${EXAMPLES}`);
  });
});

it('says that a run which there is not has no index sets', async () => {
  const failure = await rpcFailure(scoring.explainExamples('nobody', [0]));
  expect(failure).toMatchObject({ code: status.NOT_FOUND, reason: ErrorReason.UNKNOWN_INDEX_SET });
});

describe('forgetting', () => {
  /** Asks for a round of a run by itself, with the model that the seed draws, and waits for its set. */
  async function roundOf(runId: string, round: number, seed: bigint, fingerprint: string): Promise<IndexSet> {
    const request = create(SelectionRequestedSchema, {
      runId,
      round,
      dataset: digits,
      datasetFingerprint: fingerprint,
      model: tinyResnet,
      objective: objective(ObjectiveKind.AT),
      selection: { scorer: 'forgetting', fraction: 0.3 },
      seed,
    });
    const subject = selectionRequestedSubject(runId, round);
    await publish(bus, subject, SelectionRequestedSchema, request, { messageId: `${runId}.${round}` });
    for await (const set of scoring.watchIndexSets(runId, round)) return set;
    throw new Error('the stream of index sets ended');
  }

  it('remembers the round before, though another process served it', async () => {
    const runId = 'served-by-two';
    const target = { dataset: digits, model: tinyResnet, objective: objective(ObjectiveKind.AT) };
    let fingerprint = '';
    for await (const part of scoring.selectSubset({ target, selection: { scorer: 'random', fraction: 0.1 } })) {
      if (part.case === 'indexSet') fingerprint = part.value.datasetFingerprint;
    }
    await roundOf(runId, 0, 1n, fingerprint);
    await stack.kill('scoring');
    await stack.start('scoring');
    await roundOf(runId, 1, 2n, fingerprint);
    // only now: the training service would take a run that waits
    await openStore(bus, RUN_BUCKET, RunSchema).put(runId, { id: runId, spec: { dataset: digits } });
    const { examples } = await scoring.explainExamples(runId, everyExample);
    // right before, wrong now: forgotten once; without a memory these would count as never learned
    const forgotten = examples.filter(({ rounds }) => rounds[0].score! < 1 && rounds[1].score! >= 1);
    expect(forgotten.length).toBeGreaterThan(5);
    for (const { rounds } of forgotten) expect(rounds[1].score).toBeLessThan(2);
    const never = examples.filter(({ rounds }) => rounds[0].score! > 60_000 && rounds[1].score! > 60_000);
    expect(never.length).toBeGreaterThan(forgotten.length);
    const log = stack.log('scoring').filter(({ run }) => run === runId);
    expect(log.some(({ msg }) => msg.includes('starts anew'))).toBe(false);
  });
});
