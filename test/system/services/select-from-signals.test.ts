import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeIndices } from '../../../clients/node/index-set.ts';
import type { ScoringClient } from '../../../clients/node/scoring-client.ts';
import type { SignalBatch } from '../../../clients/node/signal-requests.ts';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { batchesOf, setOf } from '../../unit/scoring/signals-server.ts';
import { syntheticSignals } from '../../unit/selection/synthetic-signals.ts';
import { type Stack, startStack } from './stack.ts';

/** Training images of ImageNet, about. */
const IMAGENET = 1_280_000;
const IMAGENET_CLASSES = 1000;
const BATCH = 16_384;

let stack: Stack;
let scoring: ScoringClient;

beforeAll(async () => {
  stack = await startStack('scoring');
  scoring = await stack.scoring();
});

afterAll(() => stack.stop());

/** A loss for every index, each another, in an order that has nothing to do with it. */
const lossOf = (index: number) => ((index * 7919) % IMAGENET) / IMAGENET;

function* losses(examples: number): Generator<SignalBatch> {
  for (let first = 0; first < examples; first += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, examples - first) }, (_, i) => first + i);
    yield { labels: indices.map((index) => index % IMAGENET_CLASSES), adversarialLosses: indices.map(lossOf) };
  }
}

function settingOf(scorer: string, examples: number, changes: object = {}) {
  return {
    examples,
    classes: IMAGENET_CLASSES,
    objective: { kind: ObjectiveKind.AT },
    selection: { scorer, fraction: 0.3 },
    seed: 1n,
    ...changes,
  };
}

describe('SelectFromSignals, for a trainer of its own', () => {
  it('selects from as many examples as ImageNet has, and publishes what it selects', async () => {
    const setting = settingOf('adversarial-loss', IMAGENET, { runId: 'imagenet', datasetFingerprint: 'mine' });
    const set = await setOf(scoring.selectFromSignals(setting, losses(IMAGENET)));
    const { indices } = decodeIndices(set);
    expect(indices).toHaveLength(0.3 * IMAGENET);
    expect(indices.every((index) => lossOf(index) >= 0.7)).toBe(true);
    expect(set.quality!.keptPerClass).toHaveLength(IMAGENET_CLASSES);
    expect(await scoring.getIndexSet('imagenet')).toEqual(set);
    for await (const seen of scoring.watchIndexSets('imagenet')) {
      expect(seen).toEqual(set);
      break;
    }
    // asked again, it need not be sent anything
    expect(await setOf(scoring.selectFromSignals(setting, []))).toEqual(set);
  });

  it('answers other calls while it receives and selects', async () => {
    const waits: number[] = [];
    let over = false;
    const asking = (async () => {
      while (!over) {
        const asked = performance.now();
        await scoring.listScorers();
        waits.push(performance.now() - asked);
      }
    })();
    await setOf(scoring.selectFromSignals(settingOf('loss-drop', IMAGENET / 4), losses(IMAGENET / 4)));
    over = true;
    await asking;
    expect(Math.max(...waits)).toBeLessThan(2_000);
  });

  it('matches gradients from features and logits, round after round', async () => {
    const signals = syntheticSignals(3, 2_000, 10, 16);
    const select = async (round: number, fraction: number): Promise<IndexSet> => {
      const setting = settingOf('adv-grad-match', 2_000, {
        classes: 10,
        features: 16,
        objective: { kind: ObjectiveKind.TRADES },
        selection: { scorer: 'adv-grad-match', fraction },
        runId: 'mine',
        round,
      });
      return setOf(scoring.selectFromSignals(setting, batchesOf(signals, 256)));
    };
    const [first, second] = [await select(0, 0.1), await select(1, 0.4)];
    expect(first.weights).toHaveLength(200);
    expect(second.quality!.residual).toBeLessThan(first.quality!.residual!);
    expect(second.quality!.overlap).toBeGreaterThan(0);
  });

  it('gives its memory back when its caller cancels in the middle', async () => {
    // each call takes nearly all of the memory that there is
    const [examples, features, rows] = [950_000, 500, 64];
    const setting = settingOf('adv-craig', examples, { classes: 10, features });
    const batch = {
      labels: new Uint16Array(rows),
      adversarialLogits: new Float32Array(rows * 10),
      adversarialFeatures: new Float32Array(rows * features),
    };
    const endless = function* () {
      for (;;) yield batch;
    };
    const cancelledCall = async (): Promise<number> => {
      const stop = new AbortController();
      try {
        for await (const _ of scoring.selectFromSignals(setting, endless(), { signal: stop.signal })) stop.abort();
      } catch (error) {
        return (error as { code: number }).code;
      }
      return status.OK;
    };
    // the service hears of a cancel a moment after the caller is done with it
    for (let call = 0; call < 3; call += 1) {
      await expect.poll(cancelledCall, { timeout: 30_000 }).toBe(status.CANCELLED);
    }
    await expect(setOf(scoring.selectFromSignals({ ...setting, features: 5_000 }, endless()))).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
  });

  it('goes on after a restart: a round that was published is given again', async () => {
    const setting = settingOf('random', 1000, { runId: 'restarted', round: 4 });
    const set = await setOf(scoring.selectFromSignals(setting, losses(1000)));
    await stack.kill('scoring');
    await stack.start('scoring');
    await scoring.waitForReady(30_000);
    expect(await setOf(scoring.selectFromSignals({ ...setting, seed: 2n }, losses(1000)))).toEqual(set);
  });
});
