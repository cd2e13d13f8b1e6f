import { status } from '@grpc/grpc-js';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ScoringClient, SignalsPart } from '../../../clients/node/scoring-client.ts';
import type { SignalBatch } from '../../../clients/node/signal-requests.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { ScoringService } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { createClient, openChannel } from '../../../services/platform/rpc/client.ts';
import { WorkThread } from '../../../services/platform/thread/work-thread.ts';
import { SignalMemory } from '../../../services/scoring/signal-memory.ts';
import { compileWorker } from '../compile-worker.ts';
import { eventually } from '../platform/eventually.ts';
import { syntheticSignals } from '../selection/synthetic-signals.ts';
import { batchesOf, indicesOf, type SignalsSettingInit, setOf, signalsServer } from './signals-server.ts';

const [EXAMPLES, CLASSES, FEATURES] = [60, 4, 8];
const signals = syntheticSignals(5, EXAMPLES, CLASSES, FEATURES);
const [first] = batchesOf(signals, 6);

const thread = new WorkThread(await compileWorker(new URL('../../../services/scoring/worker.ts', import.meta.url)), {
  data: { dataRoot: '/nowhere' },
});
// the worker loads the tensor library at its first piece of work, which takes long beside other work
vi.setConfig({ testTimeout: 120_000 });
afterAll(() => thread.close());

function settingOf(scorer: string, changes: object = {}): SignalsSettingInit {
  return {
    examples: EXAMPLES,
    classes: CLASSES,
    features: FEATURES,
    objective: { kind: ObjectiveKind.TRADES },
    selection: { scorer, fraction: 0.25 },
    seed: 3n,
    ...changes,
  };
}

/** What a call is refused with. */
async function refusal(call: AsyncIterable<SignalsPart>) {
  const error = await setOf(call).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error as { code: number; reason: ErrorReason; message: string; fields: { field: string }[] };
}

describe('the setting', () => {
  test.each([
    ['setting.examples', { examples: 0 }],
    ['setting.classes', { classes: 1 }],
    ['setting.classes', { classes: 65_537 }],
    ['setting.objective', { objective: undefined }],
    ['setting.objective.kind', { objective: {} }],
    ['setting.objective.beta', { objective: { kind: ObjectiveKind.AT, beta: 1 } }],
    ['setting.selection', { selection: undefined }],
    ['setting.selection.fraction', { selection: { scorer: 'random', fraction: 1.5 } }],
    ['setting.selection.class_floor', { selection: { scorer: 'random', fraction: 0.5, classFloor: Number.NaN } }],
    [
      'setting.selection.parameters.lambda',
      { selection: { scorer: 'adv-grad-match', fraction: 1, parameters: { lambda: -1 } } },
    ],
    ['setting.run_id', { runId: 'a b' }],
    ['setting.run_id', { runId: 'x'.repeat(65) }],
    ['setting.round', { round: 2 }],
  ])('is refused by its field %s', async (field, changes) => {
    const { client } = await signalsServer();
    const error = await refusal(client.selectFromSignals(settingOf('random', changes), batchesOf(signals, 6)));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, fields: [{ field }] });
  });

  test('is refused for a scorer that is not there', async () => {
    const { client } = await signalsServer();
    const error = await refusal(client.selectFromSignals(settingOf('best'), []));
    expect(error).toMatchObject({
      reason: ErrorReason.UNKNOWN_SCORER,
      fields: [{ field: 'setting.selection.scorer' }],
    });
  });

  test('may have the schedule of a run, which is not read', async () => {
    const { client } = await signalsServer();
    const selection = { scorer: 'random', fraction: 0.25, maxStalenessEpochs: 9, attack: { epsilon: 7 } };
    const set = await setOf(client.selectFromSignals(settingOf('random', { selection }), batchesOf(signals, 60)));
    expect(set.attack).toBeUndefined();
  });

  test.each([
    ['is missing', []],
    ['came after a batch', [{ part: { case: 'batch' as const, value: { labels: [1] } } }]],
  ])('%s', async (what, messages) => {
    const { client } = await signalsServer();
    const channel = openChannel(client.address);
    onTestFinished(() => channel.close());
    const call = createClient(ScoringService, channel).selectFromSignals(
      (async function* () {
        yield* messages;
      })(),
    );
    const error = await refusal(call as unknown as AsyncIterable<SignalsPart>);
    expect(error.fields[0].field).toBe('setting');
    expect(error.message).toContain(what);
  });
});

describe('a batch', () => {
  const nan = Float32Array.from(first.adversarialLogits!).fill(Number.NaN, 9, 10);
  test.each([
    ['batch.labels', 'is empty', { ...first, labels: [] }],
    ['batch.labels', 'example 60 and more', { ...first, labels: new Uint16Array(61) }],
    ['batch.labels', '4 of example 2 is not below 4', { ...first, labels: [0, 1, 4, 1, 1, 1] }],
    ['batch.adversarial_logits', 'example 2 has NaN', { ...first, adversarialLogits: nan }],
    [
      'batch.clean_logits',
      '23 values for 6 examples',
      { ...first, cleanLogits: Array.from(first.cleanLogits!).slice(1) },
    ],
    ['batch.adversarial_losses', 'one each', { ...first, adversarialLosses: [1] }],
    ['batch.adversarial_features', 'is missing', { ...first, adversarialFeatures: [] }],
    ['batch.clean_logits', 'is missing', { ...first, cleanLogits: [] }],
  ] satisfies [string, string, SignalBatch][])('is refused by its field %s: %s', async (field, what, batch) => {
    const { client, memory } = await signalsServer();
    const error = await refusal(client.selectFromSignals(settingOf('adv-grad-match'), [batch]));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, fields: [{ field }] });
    expect(error.message).toContain(what);
    expect(memory.held).toBe(0);
  });

  test('that the scorer does not read may be left out, one that it reads later may not', async () => {
    const { client } = await signalsServer();
    const without = [...batchesOf({ ...signals, cleanFeatures: new Float32Array(0) }, 30)];
    const at = { objective: { kind: ObjectiveKind.AT } };
    expect(await indicesOf(client.selectFromSignals(settingOf('adv-craig', at), without))).toHaveLength(15);
    const [whole] = batchesOf(signals, 30);
    const error = await refusal(client.selectFromSignals(settingOf('adv-craig'), [whole, without[1]]));
    expect(error.fields[0].field).toBe('batch.clean_features');
    expect(error.message).toMatch(/'adv-craig' reads it under this objective; send it, or choose a scorer/);
  });

  test.each([
    ['fewer', 54, 'the stream ended after 54 examples; setting.examples is 60', 'batch'],
    ['more', 66, 'setting.examples is 60', 'batch.labels'],
  ])('and %s examples than announced are refused', async (_, examples, what, field) => {
    const { client } = await signalsServer();
    const batches = batchesOf(syntheticSignals(5, examples, CLASSES, FEATURES), 6);
    const error = await refusal(client.selectFromSignals(settingOf('el2n'), batches));
    expect(error.message).toContain(what);
    expect(error.fields[0].field).toBe(field);
  });

  test('out of order, a second setting and an empty message are refused', async () => {
    const { client } = await signalsServer();
    const channel = openChannel(client.address);
    onTestFinished(() => channel.close());
    const rpc = createClient(ScoringService, channel);
    const setting = { part: { case: 'setting' as const, value: settingOf('random') } };
    const gap = { part: { case: 'batch' as const, value: { firstIndex: 1, labels: [1] } } };
    for (const [message, field] of [
      [gap, 'batch.first_index'],
      [setting, 'setting'],
      [{}, 'batch'],
    ] as const) {
      const call = rpc.selectFromSignals(
        (async function* () {
          yield setting as never;
          yield message as never;
        })(),
      );
      expect((await refusal(call as unknown as AsyncIterable<SignalsPart>)).fields[0].field).toBe(field);
    }
  });
});

describe('losses and margins', () => {
  const values = Float32Array.from({ length: EXAMPLES }, (_, i) => ((i * 37) % EXAMPLES) / 10);
  const only = (key: 'adversarialLosses' | 'adversarialMargins') => [
    { labels: signals.labels, [key]: values } as SignalBatch,
  ];

  test.each([
    ['adversarial-loss', 'adversarialLosses', (a: number, b: number) => b - a],
    ['margin', 'adversarialMargins', (a: number, b: number) => a - b],
  ] as const)('rank for %s in place of logits', async (scorer, key, compare) => {
    const { client } = await signalsServer();
    const indices = await indicesOf(client.selectFromSignals(settingOf(scorer, { features: 0 }), only(key)));
    const ranked = [...values.keys()].sort((a, b) => compare(values[a], values[b])).slice(0, 15);
    expect([...indices]).toEqual(ranked.sort((a, b) => a - b));
  });

  test('drop at random by loss-drop', async () => {
    const { client } = await signalsServer();
    const set = await setOf(client.selectFromSignals(settingOf('loss-drop'), only('adversarialLosses')));
    expect(set.weights).toHaveLength(15);
  });

  test('are no logits to a scorer that reads more, and must not be negative losses', async () => {
    const { client } = await signalsServer();
    const error = await refusal(client.selectFromSignals(settingOf('el2n'), only('adversarialLosses')));
    expect(error.fields[0].field).toBe('batch.adversarial_logits');
    const missing = await refusal(client.selectFromSignals(settingOf('margin'), only('adversarialLosses')));
    expect(missing.message).toContain('or batch.adversarial_margins in its place');
    const negative = [{ labels: signals.labels, adversarialLosses: values.map((value) => value - 1) }];
    const refused = await refusal(client.selectFromSignals(settingOf('adversarial-loss'), negative));
    expect(refused.fields[0].field).toBe('batch.adversarial_losses');
  });
});

describe('memory', () => {
  test('that can not suffice is refused before a batch is taken, with the sizes', async () => {
    const { client, memory } = await signalsServer({ memory: new SignalMemory(2 ** 20) });
    let taken = 0;
    const batches = function* () {
      taken += 1;
      yield first;
    };
    const setting = settingOf('adv-grad-match', { examples: 1_280_000, classes: 1000, features: 512 });
    const error = await refusal(client.selectFromSignals(setting, batches()));
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED, reason: ErrorReason.OVERLOADED });
    expect(error.message).toMatch(/1280000 examples of 1000 classes and 512 features .* limit is 1 MiB/);
    expect(taken).toBeLessThanOrEqual(1);
    expect(memory.held).toBe(0);
  });

  test('is reserved while a call is under way and given back when its caller cancels or breaks', async () => {
    const { client, memory } = await signalsServer();
    const stop = new AbortController();
    const hang = async function* () {
      yield first;
      await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
    };
    const call = setOf(client.selectFromSignals(settingOf('adv-craig'), hang(), { signal: stop.signal }));
    await eventually(() => memory.held > 0);
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: status.CANCELLED });
    await eventually(() => memory.held === 0);
    const broken = function* () {
      yield first;
      throw new Error('the trainer failed');
    };
    await expect(setOf(client.selectFromSignals(settingOf('adv-craig'), broken()))).rejects.toThrow('trainer failed');
    await eventually(() => memory.held === 0);
  });

  test('is for a few calls at once; another is told to come again', async () => {
    const { client, memory } = await signalsServer();
    const stop = new AbortController();
    const hang = async function* () {
      yield first;
      await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
    };
    const calls = Array.from({ length: 4 }, () =>
      setOf(client.selectFromSignals(settingOf('random'), hang(), { signal: stop.signal })).catch(() => {}),
    );
    await eventually(() => memory.held === 4 * EXAMPLES * 128);
    const error = await refusal(client.selectFromSignals(settingOf('random'), batchesOf(signals, 60)));
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(error.message).toContain('4 selections from signals are under way; try again later');
    stop.abort();
    await Promise.all(calls);
    await eventually(() => memory.held === 0);
    expect(await indicesOf(client.selectFromSignals(settingOf('random'), batchesOf(signals, 60)))).toHaveLength(15);
  });
});

describe('on the tensor thread', () => {
  const many = syntheticSignals(6, 6000, CLASSES, 16);
  const setting = settingOf('adv-grad-match', { examples: 6000, features: 16 });
  const inWorker = (client: ScoringClient, options?: { signal: AbortSignal }) =>
    client.selectFromSignals(setting, batchesOf(many, 500), options);

  test('progress is told of both phases, and the set is the same as in this one', async () => {
    const { client } = await signalsServer({ thread });
    const parts: SignalsPart[] = [];
    for await (const part of inWorker(client)) parts.push(part);
    const phases = parts.map((part) => (part.case === 'progress' ? part.value.phase : part.case));
    expect(phases.filter((phase, i) => phase !== phases[i - 1])).toEqual(['receive', 'select', 'indexSet']);
    for (const part of parts) if (part.case === 'progress') expect(part.value.total).toBe(6000);
    const direct = await signalsServer();
    const [set, expected] = [parts.at(-1)!.value, await setOf(inWorker(direct.client))];
    expect(set).toMatchObject({ indexGaps: expected.indexGaps, weights: expected.weights });
  });

  test('a cancel stops the selection, and the next one goes on', async () => {
    const { client, memory } = await signalsServer({ thread });
    const stop = new AbortController();
    const call = (async () => {
      for await (const part of inWorker(client, { signal: stop.signal })) {
        if (part.case === 'progress' && part.value.phase === 'select') stop.abort();
      }
    })();
    await expect(call).rejects.toMatchObject({ code: status.CANCELLED });
    await eventually(() => memory.held === 0);
    expect(await indicesOf(inWorker(client))).toHaveLength(1500);
  });
});
