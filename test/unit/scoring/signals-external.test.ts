import { afterAll, expect, onTestFinished, test } from 'vitest';
import { decodeIndices } from '../../../clients/node/index-set.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { RunSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { ScorerService, type ScoringSetting, Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ListScorersResponseSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { ScorerFallback } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { IndexSetHistory } from '../../../services/index-set/history.ts';
import { openStore } from '../../../services/platform/bus/key-value.ts';
import { RUN_BUCKET, SCORER_BUCKET } from '../../../services/platform/bus/streams.ts';
import type { ServiceImpl } from '../../../services/platform/rpc/service-impl.ts';
import { WorkThread } from '../../../services/platform/thread/work-thread.ts';
import { ExternalSelection } from '../../../services/scoring/external-scorers/external-selection.ts';
import { AllowedAddresses } from '../../../services/scoring/external-scorers/scorer-address.ts';
import { ScorerRegistry } from '../../../services/scoring/external-scorers/scorer-registry.ts';
import { PublishedRounds } from '../../../services/scoring/published-rounds.ts';
import { compileWorker } from '../compile-worker.ts';
import { newRunId, sharedNatsServer, testBus } from '../platform/bus/test-bus.ts';
import { loopback } from '../platform/rpc/loopback.ts';
import { syntheticSignals } from '../selection/synthetic-signals.ts';
import { described, labelScorer, scoresOf, shortLimits } from './external-scorers/scorer-server.ts';
import { batchesOf, setOf, signalsServer } from './signals-server.ts';

const nats = sharedNatsServer();
const thread = new WorkThread(await compileWorker(new URL('../../../services/scoring/worker.ts', import.meta.url)), {
  data: { dataRoot: '/nowhere' },
});
afterAll(() => thread.close());

const signals = syntheticSignals(5, 60, 4, 8);

/** A client of a server that knows this scorer. */
async function withScorer(name: string, changes: Partial<ServiceImpl<typeof ScorerService>> = {}) {
  const { bus } = await testBus(nats.server);
  const description = described({ name, signals: [Signal.LABEL, Signal.ADVERSARIAL_FEATURES] });
  const { address } = await loopback(
    ScorerService,
    labelScorer({ describeScorer: async () => ({ scorer: description }), ...changes }),
  );
  const store = openStore(bus, SCORER_BUCKET, ListScorersResponseSchema);
  const allowed = new AllowedAddresses([], ['127.0.0.1']);
  const services = new ScorerRegistry({ store, allowed, limits: shortLimits });
  await services.register(address);
  onTestFinished(() => services.unregister(name));
  const runs = openStore(bus, RUN_BUCKET, RunSchema);
  const rounds = new PublishedRounds(bus, new IndexSetHistory(bus), runs);
  const { client } = await signalsServer({
    thread,
    rounds,
    services,
    external: new ExternalSelection(services, thread),
  });
  const setting = (changed: object = {}) => ({
    examples: 60,
    classes: 4,
    features: 8,
    objective: { kind: ObjectiveKind.AT },
    selection: { scorer: name, fraction: 0.25, ...changed },
    seed: 3n,
    datasetFingerprint: 'mine',
  });
  return { client, setting };
}

test('a scorer that runs as a service selects from what it asks for', async () => {
  const settings: ScoringSetting[] = [];
  const features: number[] = [];
  const { client, setting } = await withScorer('by-feature', {
    async *scoreExamples(requests) {
      for await (const { part } of requests) {
        if (part.case === 'setting') settings.push(part.value);
        else features.push(...part.value!.adversarialFeatures);
      }
      yield scoresOf(Array.from({ length: 60 }, (_, i) => features[i * 8]));
    },
  });
  const set = await setOf(client.selectFromSignals(setting(), batchesOf(signals, 7)));
  expect(features).toEqual([...signals.adversarialFeatures]);
  expect(settings).toMatchObject([{ examples: 60, classes: 4, features: 8, keep: 15, seed: 3n, runId: '' }]);
  expect(settings[0].dataset).toBeUndefined();
  const ranked = [...signals.labels.keys()].sort((a, b) => features[b * 8] - features[a * 8] || a - b);
  expect([...decodeIndices(set).indices]).toEqual(ranked.slice(0, 15).sort((a, b) => a - b));
  expect(set).toMatchObject({ scorer: 'by-feature', scorerVersion: '1', datasetFingerprint: 'mine' });
  const without = batchesOf({ ...signals, adversarialFeatures: new Float32Array(0) }, 60);
  await expect(setOf(client.selectFromSignals(setting(), without))).rejects.toMatchObject({
    fields: [{ field: 'batch.adversarial_features' }],
  });
});

test('where it fails, the call fails, or something takes its place as was asked', async () => {
  let works = true;
  const { client, setting } = await withScorer('broken', {
    async *scoreExamples(requests) {
      for await (const _ of requests);
      yield scoresOf(works ? [...signals.labels] : [Number.NaN]);
    },
  });
  const run = { runId: newRunId() };
  const select = (round: number, fallback: ScorerFallback) =>
    setOf(client.selectFromSignals({ ...setting({ fallback }), ...run, round }, batchesOf(signals, 60)));
  const first = await select(0, ScorerFallback.UNSPECIFIED);
  works = false;
  await expect(select(1, ScorerFallback.UNSPECIFIED)).rejects.toMatchObject({ reason: ErrorReason.SCORER_FAILED });
  const last = await select(2, ScorerFallback.LAST_SET);
  expect(last).toMatchObject({ round: 2, indexGaps: first.indexGaps, fallback: { kind: ScorerFallback.LAST_SET } });
  const random = await select(3, ScorerFallback.RANDOM);
  expect(random).toMatchObject({ scorer: 'broken', fallback: { kind: ScorerFallback.RANDOM } });
  expect(random.indexGaps).not.toEqual(first.indexGaps);
  expect(decodeIndices(random).indices).toHaveLength(15);
});
