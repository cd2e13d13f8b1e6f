import { createHash } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeIndices } from '../../../clients/node/index-set.ts';
import type { ScoringClient } from '../../../clients/node/scoring-client.ts';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import type { Evaluation } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { WeightMeaning } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { decodeSafetensors } from '../../../services/numerics/models/safetensors.ts';
import { type FollowedRun, runToEnd, statesOf } from './follow-run.ts';
import { attack, EXAMPLES, objective, smallCnn, TEST_EXAMPLES, tinySpec } from './requests.ts';
import { rpcFailure } from './rpc-failure.ts';
import { type Stack, startStack } from './stack.ts';

const EPOCHS = 3;
const KEPT = 90;

const spec = tinySpec({
  model: smallCnn,
  epochs: EPOCHS,
  selection: { scorer: 'adv-grad-match', fraction: KEPT / EXAMPLES, everyEpochs: 1 },
  evaluation: { attack, everyEpochs: 1, progressExamples: 50 },
});

let stack: Stack;
let training: TrainingClient;
let scoring: ScoringClient;

beforeAll(async () => {
  stack = await startStack('scoring', 'training');
  training = await stack.training();
  scoring = await stack.scoring();
});

afterAll(() => stack.stop());

async function indexSetsOf(runId: string, rounds: number): Promise<IndexSet[]> {
  const sets: IndexSet[] = [];
  for await (const set of scoring.watchIndexSets(runId)) {
    sets.push(set);
    if (sets.length === rounds) break;
  }
  return sets;
}

describe('a run that is pruned by adv-grad-match before every epoch', () => {
  let followed: FollowedRun;
  let sets: IndexSet[];

  beforeAll(async () => {
    followed = await runToEnd(training, spec);
    sets = await indexSetsOf(followed.run.id, EPOCHS);
  });

  it('tells a watcher every state and the progress of every phase', () => {
    expect(statesOf(followed)).toEqual([
      'QUEUED',
      'RUNNING',
      ...Array.from({ length: EPOCHS }, () => ['WAITING', 'RUNNING']).flat(),
      'SUCCEEDED',
    ]);
    const progress = followed.events.flatMap((event) => (event.case === 'progress' ? [event.value] : []));
    expect(new Set(progress.map(({ phase }) => phase))).toEqual(new Set(['score', 'train', 'evaluate']));
    for (const { done, total, epoch } of progress) {
      expect(done).toBeLessThanOrEqual(total);
      expect(epoch).toBeLessThan(EPOCHS);
    }
    const trained = progress.filter(({ phase, done, total }) => phase === 'train' && done === total);
    expect(trained.map(({ epoch, total, keptShare }) => ({ epoch, total, keptShare }))).toEqual(
      [0, 1, 2].map((epoch) => ({ epoch, total: KEPT, keptShare: KEPT / EXAMPLES })),
    );
  });

  it('applies each round at its epoch', () => {
    const { rounds, history, epochsDone } = followed.run;
    expect(rounds.map(({ round, fromEpoch, kept }) => ({ round, fromEpoch, kept }))).toEqual(
      [0, 1, 2].map((round) => ({ round, fromEpoch: round, kept: KEPT })),
    );
    expect(epochsDone).toBe(EPOCHS);
    expect(history.map(({ epoch, examples, updates }) => ({ epoch, examples, updates }))).toEqual(
      [0, 1, 2].map((epoch) => ({ epoch, examples: KEPT, updates: 2 * (epoch + 1) })),
    );
    for (const { loss } of history) expect(loss).toBeGreaterThan(0);
  });

  it('measures accuracy after every epoch, on fewer examples on the way', () => {
    const evaluations = followed.run.history.map(({ evaluation }) => evaluation!);
    expect(evaluations.map(({ examples }) => examples)).toEqual([50, 50, TEST_EXAMPLES]);
    for (const { cleanAccuracy, robustAccuracy } of evaluations) {
      expect(robustAccuracy).toBeGreaterThanOrEqual(0);
      expect(robustAccuracy).toBeLessThanOrEqual(cleanAccuracy);
      expect(cleanAccuracy).toBeLessThanOrEqual(1);
    }
    expect(followed.run.result).toEqual(evaluations[EPOCHS - 1]);
    expect(followed.run.result).toMatchObject({ attackName: 'PGD-2', attack: { ...attack, restarts: 1 } });
  });

  it('publishes one index set a round that belongs to the run and keeps exactly k examples', async () => {
    const { run } = followed;
    expect(sets.map(({ round }) => round)).toEqual([0, 1, 2]);
    for (const set of sets) {
      expect(set).toMatchObject({
        runId: run.id,
        datasetFingerprint: run.dataset!.fingerprint,
        datasetExamples: EXAMPLES,
        scorer: 'adv-grad-match',
        fraction: KEPT / EXAMPLES,
        attack: expect.objectContaining(attack),
        weightMeaning: WeightMeaning.NORMALISED_SUM,
      });
      const { indices, weights } = decodeIndices(set);
      expect(indices).toHaveLength(KEPT);
      expect(weights).toHaveLength(KEPT);
      expect(set.quality!.keptPerClass.reduce((sum, kept) => sum + kept)).toBe(KEPT);
      expect(set.quality!.residual).toBeLessThan(1);
      expect(await scoring.getIndexSet(run.id, set.round)).toEqual(set);
    }
    expect(new Set(sets.map(({ checkpointSha256 }) => checkpointSha256)).size).toBe(EPOCHS);
    expect(sets.map(({ quality }) => quality!.overlap === undefined)).toEqual([true, false, false]);
    expect(run.rounds.map(({ quality }) => quality)).toEqual(sets.map(({ quality }) => quality));
    expect(await scoring.getIndexSet(run.id)).toEqual(sets[EPOCHS - 1]);
  });

  it('lists later rounds alone where they are asked for, and says which round there is not', async () => {
    for await (const { round } of scoring.watchIndexSets(followed.run.id, 2)) {
      expect(round).toBe(2);
      break;
    }
    const failure = await rpcFailure(scoring.getIndexSet(followed.run.id, EPOCHS));
    expect(failure).toMatchObject({ code: status.NOT_FOUND, reason: ErrorReason.UNKNOWN_INDEX_SET });
    expect(failure.message).toContain(`round ${EPOCHS}`);
  });

  it('counts passes as the formulas say', () => {
    const { steps } = attack;
    // TRADES: the attack needs the clean prediction once; the update runs both images through the network.
    const update = { forward: KEPT * (1 + steps) + 2 * KEPT, backward: KEPT * steps + 2 * KEPT };
    // Scoring reads both images, too; its attack uses the clean prediction that was read.
    const scored = { forward: EXAMPLES * (1 + steps) + EXAMPLES, backward: EXAMPLES * steps };
    expect(followed.run.cost!.passes).toMatchObject({
      forward: BigInt(EPOCHS * (update.forward + scored.forward)),
      backward: BigInt(EPOCHS * (update.backward + scored.backward)),
    });
    for (const { cost } of sets) {
      expect(cost!.passes).toMatchObject({ forward: BigInt(scored.forward), backward: BigInt(scored.backward) });
    }
  });

  it('books time by phases that add up to the total', () => {
    const {
      attack: attacking,
      update,
      scoring: scored,
      waiting,
      publishing,
      evaluation,
      total,
    } = followed.run.cost!.seconds!;
    for (const seconds of [attacking, update, scored, waiting, publishing, evaluation]) {
      expect(seconds).toBeGreaterThan(0);
    }
    const sum = attacking + update + scored + waiting + publishing;
    expect(sum).toBeGreaterThan(0.9 * total);
    expect(sum).toBeLessThan(1.01 * total);
    const elapsed = Number(followed.run.endedAt!.seconds - followed.run.startedAt!.seconds) + 1;
    expect(total + evaluation).toBeLessThan(elapsed);
  });

  it('gives its model away as a safetensors file with the promised hash', async () => {
    const { checkpoint, id } = followed.run;
    const file = await training.downloadModel(id);
    expect(createHash('sha256').update(file).digest('hex')).toBe(checkpoint!.sha256);
    expect(BigInt(file.length)).toBe(checkpoint!.sizeBytes);
    const tensors = decodeSafetensors(file);
    expect(tensors.size).toBeGreaterThan(0);
    for (const { data } of tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
  });

  it('is measured again by EvaluateModel with exactly the same figures', async () => {
    const { run } = followed;
    const request = {
      dataset: run.spec!.dataset!,
      model: run.spec!.model!,
      checkpoint: run.checkpoint!,
      attack: run.spec!.evaluation!.attack!,
      seed: run.spec!.seed,
    };
    let evaluation: Evaluation | undefined;
    for await (const part of training.evaluateModel(request)) {
      if (part.case === 'evaluation') evaluation = part.value;
    }
    const { seconds: _, ...figures } = run.result!;
    expect(evaluation).toMatchObject(figures);
  });

  it('comes out the same when it is run again, sets, losses and accuracy', async () => {
    const again = await runToEnd(training, spec);
    const setsAgain = await indexSetsOf(again.run.id, EPOCHS);
    const chosen = (set: IndexSet) => ({ gaps: set.indexGaps, weights: set.weights, model: set.checkpointSha256 });
    expect(setsAgain.map(chosen)).toEqual(sets.map(chosen));
    expect(again.run.history.map(({ loss }) => loss)).toEqual(followed.run.history.map(({ loss }) => loss));
    expect(again.run.checkpoint).toEqual(followed.run.checkpoint);
    expect(again.run.id).not.toBe(followed.run.id);
  });
});

describe('other objectives and scorers', () => {
  it.each([
    { name: 'AT', kind: ObjectiveKind.AT, scorer: 'el2n' },
    { name: 'MART', kind: ObjectiveKind.MART, scorer: 'adversarial-loss' },
    { name: 'TRADES', kind: ObjectiveKind.TRADES, scorer: 'random' },
    { name: 'AT', kind: ObjectiveKind.AT, scorer: 'adv-grad-match' },
  ])('$name is pruned by $scorer', async ({ kind, scorer }) => {
    const selection = { scorer, fraction: 0.5, everyEpochs: 1, classFloor: 0.5 };
    const { run } = await runToEnd(training, tinySpec({ objective: objective(kind), selection, epochs: 2 }));
    expect(run.failure).toBeUndefined();
    expect(run.rounds.map(({ round, kept }) => ({ round, kept }))).toEqual([
      { round: 0, kept: EXAMPLES / 2 },
      { round: 1, kept: EXAMPLES / 2 },
    ]);
    const set = await scoring.getIndexSet(run.id);
    expect(set.scorer).toBe(scorer);
    expect(decodeIndices(set).indices).toHaveLength(EXAMPLES / 2);
    expect(set.weightMeaning).toBe(scorer === 'adv-grad-match' ? WeightMeaning.NORMALISED_SUM : WeightMeaning.UNIFORM);
    // Drawing at random looks at nothing.
    expect(set.cost!.passes!.forward > 0n).toBe(scorer !== 'random');
  });
});
