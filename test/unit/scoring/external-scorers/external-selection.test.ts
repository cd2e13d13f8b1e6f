import { create } from '@bufbuild/protobuf';
import { SpanStatusCode } from '@opentelemetry/api';
import { NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import {
  type ScorerDescription,
  ScorerService,
  type ScoringSetting,
  Signal,
} from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ListScorersResponseSchema } from '../../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { SelectionSpecSchema } from '../../../../proto/gen/winnow/v1/selection_pb.ts';
import { openStore } from '../../../../services/platform/bus/key-value.ts';
import { SCORER_BUCKET } from '../../../../services/platform/bus/streams.ts';
import type { Handover } from '../../../../services/platform/thread/serve-work.ts';
import type { WorkThread } from '../../../../services/platform/thread/work-thread.ts';
import { choose } from '../../../../services/scoring/external-scorers/choose.ts';
import type { ChooseRequest, MeasureRequest } from '../../../../services/scoring/external-scorers/external-messages.ts';
import { ExternalSelection } from '../../../../services/scoring/external-scorers/external-selection.ts';
import { measure } from '../../../../services/scoring/external-scorers/measure.ts';
import { AllowedAddresses } from '../../../../services/scoring/external-scorers/scorer-address.ts';
import { ScorerFailure } from '../../../../services/scoring/external-scorers/scorer-failure.ts';
import { ScorerRegistry } from '../../../../services/scoring/external-scorers/scorer-registry.ts';
import { directContext } from '../../direct-context.ts';
import { sharedNatsServer, testBus } from '../../platform/bus/test-bus.ts';
import { loopback } from '../../platform/rpc/loopback.ts';
import { tinyDataset } from '../../tiny-dataset.ts';
import { tinyTarget } from '../targets.ts';
import { described, labelScorer, scoresOf, shortLimits } from './scorer-server.ts';

const shared = sharedNatsServer();
const exporter = new tracing.InMemorySpanExporter();
const sdk = new NodeSDK({
  spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
  metricReaders: [],
  logRecordProcessors: [],
  autoDetectResources: false,
});
beforeAll(() => sdk.start());
afterAll(() => sdk.shutdown());

const EXAMPLES = 12;
const dataset = tinyDataset({ train: EXAMPLES });

/** The tensor thread's work on this thread. */
const thread = {
  async run(kind: string, request: unknown) {
    if (kind === 'choose') return choose(request as ChooseRequest);
    return ((await measure(dataset, request as MeasureRequest, directContext())) as Handover).value;
  },
} as unknown as WorkThread;

const k = { name: 'k', description: 'Neighbours.', defaultValue: 5, minimum: 1, maximum: 9, integer: true };

/** A selection by a scorer that gives `scores`, and what it was asked for. */
async function setUp(scores: (setting: ScoringSetting) => number[]) {
  const { bus } = await testBus(shared.server);
  const settings: ScoringSetting[] = [];
  const now = { description: described({ parameters: [k], signals: [Signal.LABEL, Signal.ADVERSARIAL_FEATURES] }) };
  const { address } = await loopback(
    ScorerService,
    labelScorer({
      describeScorer: async () => ({ scorer: now.description as ScorerDescription }),
      async *scoreExamples(requests) {
        for await (const { part } of requests) if (part.case === 'setting') settings.push(part.value);
        yield scoresOf(scores(settings.at(-1)!));
      },
    }),
  );
  const store = openStore(bus, SCORER_BUCKET, ListScorersResponseSchema);
  const registry = new ScorerRegistry({ store, allowed: new AllowedAddresses([], ['*']), limits: shortLimits });
  await registry.register(address);
  const selection = create(SelectionSpecSchema, { scorer: 'nearest', fraction: 0.25, parameters: { k: 7 } });
  const select = () =>
    new ExternalSelection(registry, thread).select({ target: tinyTarget(), selection }, { runId: 'r1', round: 3 }, {});
  return { registry, settings, now, select };
}

const ascending = ({ examples }: ScoringSetting) => Array.from({ length: examples }, (_, i) => i);

test('tells the scorer all that decides its answer, and keeps the highest scores', async () => {
  const { settings, select } = await setUp(ascending);
  const { indices, scorerVersion, scores, cost } = await select();
  expect([...indices]).toEqual([9, 10, 11]);
  expect(scorerVersion).toBe('1');
  expect([...scores!.values]).toEqual(ascending({ examples: EXAMPLES } as ScoringSetting));
  const { model: _, dataset: spec, seed, attack, objective } = tinyTarget();
  expect(settings).toMatchObject([
    {
      ...{ examples: EXAMPLES, classes: dataset.classNames.length, keep: 3, seed, parameters: { k: 7 } },
      ...{ runId: 'r1', round: 3, dataset: { name: spec.name }, objective: { kind: objective.kind, attack } },
    },
  ]);
  expect(settings[0].features).toBeGreaterThan(0);
  expect(cost.passes!.forward).toBeGreaterThan(0n);
  const span = exporter.getFinishedSpans().find(({ name }) => name === 'winnow.scorer.call');
  expect(span?.attributes).toMatchObject({
    'winnow.scorer': 'nearest',
    'winnow.examples': EXAMPLES,
    'winnow.round': 3,
  });
});

test('a failure says what was spent, and its span is one of an error', async () => {
  exporter.reset();
  const { select } = await setUp(() => [1]);
  const error = await select().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ScorerFailure);
  expect((error as ScorerFailure).cost!.passes!.forward).toBeGreaterThan(0n);
  const span = exporter.getFinishedSpans().find(({ name }) => name === 'winnow.scorer.call');
  expect(span?.status.code).toBe(SpanStatusCode.ERROR);
});

test('a scorer that was replaced meanwhile is taken as it is now, as far as it still fits', async () => {
  const { registry, now, select } = await setUp(ascending);
  now.description = { ...now.description, version: '2' };
  expect((await select()).scorerVersion).toBe('2');
  expect((await registry.find('nearest')).description.version).toBe('2');
  const changes: [Partial<ScorerDescription>, string][] = [
    [{ name: 'other' }, "is 'other' by now"],
    [{ parameters: [] }, 'has other parameters by now'],
    [{ signals: [] }, 'breaks the contract'],
  ];
  for (const [change, says] of changes) {
    const before = now.description;
    now.description = { ...before, ...change };
    const failure = select();
    await expect(failure).rejects.toMatchObject({ reason: ErrorReason.SCORER_FAILED });
    await expect(failure).rejects.toThrow(says);
    now.description = before;
  }
});
