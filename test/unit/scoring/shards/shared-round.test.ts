import { once } from 'node:events';
import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import {
  SelectionRequestedSchema,
  ShardFinishedSchema,
  StoredSignalsSchema,
} from '../../../../proto/gen/winnow/v1/events_pb.ts';
import { RunSchema, RunState } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import { SelectionSpecSchema } from '../../../../proto/gen/winnow/v1/selection_pb.ts';
import { AppError } from '../../../../services/app-error.ts';
import { openStore } from '../../../../services/platform/bus/key-value.ts';
import { deleteObject, listObjects } from '../../../../services/platform/bus/objects.ts';
import { publish } from '../../../../services/platform/bus/publish.ts';
import {
  RUN_BUCKET,
  SHARD_ANSWER_STREAM,
  SHARD_BUCKET,
  SHARD_STREAM,
  shardFinishedSubject,
} from '../../../../services/platform/bus/streams.ts';
import type { Handover } from '../../../../services/platform/thread/serve-work.ts';
import { measureTarget } from '../../../../services/scoring/measure-target.ts';
import { placeOf } from '../../../../services/scoring/shards/gather-shards.ts';
import { type MeasureShardRequest, measureShard } from '../../../../services/scoring/shards/measure-shard.ts';
import { shardTasks } from '../../../../services/scoring/shards/shard-tasks.ts';
import { measureShards } from '../../../../services/scoring/shards/shard-worker.ts';
import { SharedMeasuring } from '../../../../services/scoring/shards/shared-measuring.ts';
import { findSelector } from '../../../../services/selection/registry.ts';
import { neededSignals } from '../../../../services/selection/selector.ts';
import { directContext } from '../../direct-context.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from '../../platform/bus/test-bus.ts';
import { capturedLog } from '../../platform/captured-log.ts';
import { eventually } from '../../platform/eventually.ts';
import { tinyDataset } from '../../tiny-dataset.ts';
import { tinyTarget } from '../targets.ts';

const shared = sharedNatsServer();
// the least that is cut, and a last shard that is smaller
const EXAMPLES = 4_200;
const dataset = tinyDataset({ train: EXAMPLES });
const { attack, ...target } = tinyTarget();
const selector = findSelector('adv-grad-match');
const needed = neededSignals(selector, target.objective.kind);

function request(runId: string, round = 0) {
  const { model, objective, seed } = target;
  const selection = create(SelectionSpecSchema, { scorer: selector.name, fraction: 0.3, attack });
  const datasetFingerprint = dataset.fingerprint;
  return create(SelectionRequestedSchema, {
    runId,
    round,
    dataset: target.dataset,
    datasetFingerprint,
    model,
    objective,
    selection,
    seed,
  });
}

type Answer = (work: MeasureShardRequest, measured: () => Promise<Handover>) => Promise<Handover>;

/** An owner of rounds, and replicas that measure shards on this thread. */
async function setUp() {
  const { bus } = await testBus(shared.server);
  const { log } = capturedLog();
  const labels = {
    of: async () => ({ labels: dataset.train.labels, classes: dataset.classNames.length, fingerprint: '' }),
  };
  const owner = (patienceMs?: number) => new SharedMeasuring(bus, labels, log, patienceMs);
  const measured: number[] = [];
  const replica = (answer: Answer = (_, measure) => measure()) => {
    const end = untilTestEnds();
    const run = async (_: string, work: unknown) => {
      const shard = work as MeasureShardRequest;
      measured.push(shard.range.first);
      return (await answer(shard, () => measureShard(dataset, shard, directContext()))).value;
    };
    const thread = { run: run as never, idle: async () => {} };
    measureShards({ bus, thread, log, signal: end.signal }).catch(() => {});
    return end;
  };
  const left = async (stream: string) => (await bus.manager.streams.info(stream)).state.messages;
  return { bus, owner, replica, measured, left, runId: newRunId(), signal: untilTestEnds().signal };
}

const alone = measureTarget(dataset, { ...target, attack }, selector, directContext());

describe('a round in shards', () => {
  test('gives what one replica measures, to the bit, whoever takes part; nothing stays behind', async () => {
    const { owner, replica, measured, left, bus, runId, signal } = await setUp();
    replica();
    replica();
    const one = owner();
    const gathered = await one.measure(request(runId), needed, signal);
    const { signals, passes } = await alone;
    expect(gathered!.signals).toEqual(signals);
    expect(gathered).toMatchObject({ forwardPasses: passes.forwardPasses, backwardPasses: passes.backwardPasses });
    expect(measured.toSorted((a, b) => a - b)).toEqual([0, 1024, 2048, 3072, 4096]);
    await one.forget(runId, 0);
    expect(await left(SHARD_ANSWER_STREAM)).toBe(0);
    await expect.poll(() => left(SHARD_STREAM)).toBe(0);
    expect(await listObjects(bus, SHARD_BUCKET)).toEqual([]);
  });

  test('is used by a selection, which attacks nothing more', async () => {
    const { signals, passes, seconds } = await alone;
    const { forwardPasses, backwardPasses } = passes;
    const gathered = { signals, seconds, forwardPasses, backwardPasses };
    const context = directContext();
    const again = await measureTarget(dataset, { ...target, attack }, selector, context, undefined, gathered);
    expect(context.told).toEqual([]);
    expect(again).toMatchObject({ signals, passes: { forwardPasses, backwardPasses }, gatherSeconds: seconds });
  });

  test('keeps what was measured before its owner died', async () => {
    const { owner, replica, measured, runId, signal } = await setUp();
    const first = untilTestEnds();
    const gathering = owner().measure(request(runId), needed, first.signal);
    gathering.catch(() => {});
    const died = new AbortController();
    const dying = replica(async (_, measure) => {
      if (measured.length < 4) return measure();
      await once(died.signal, 'abort');
      throw new Error('gone');
    });
    await eventually(() => measured.length === 4, 30_000);
    first.abort();
    dying.abort();
    died.abort();
    await expect(gathering).rejects.toThrow();
    measured.length = 0;
    replica();
    const gathered = await owner().measure(request(runId), needed, signal);
    expect(gathered!.signals).toEqual((await alone).signals);
    expect(measured.toSorted((a, b) => a - b)).toEqual([3072, 4096]);
  }, 60_000);

  test('goes on without a replica that hangs: another one is asked, and what the first says later changes nothing', async () => {
    const { owner, replica, measured, runId, signal } = await setUp();
    const hung = new AbortController();
    replica(async (_, measure) => {
      await once(hung.signal, 'abort');
      return measure();
    });
    const gathering = owner(500).measure(request(runId), needed, signal);
    await eventually(() => measured.length === 1, 30_000);
    replica();
    const { signals } = (await gathering)!;
    expect(signals).toEqual((await alone).signals);
    expect(measured.filter((first) => first === measured[0]).length).toBeGreaterThan(1);
    hung.abort();
    expect((await owner().measure(request(runId), needed, signal))!.signals).toEqual(signals);
  }, 60_000);

  test('measures again what is gone from the store', async () => {
    const { bus, owner, replica, measured, runId, signal } = await setUp();
    replica();
    await owner().measure(request(runId), needed, signal);
    const [gone] = (await listObjects(bus, SHARD_BUCKET)).filter((name) => name.startsWith(runId));
    await deleteObject(bus, SHARD_BUCKET, gone!);
    measured.length = 0;
    const gathered = await owner().measure(request(runId), needed, signal);
    expect(measured).toHaveLength(1);
    expect(gathered!.signals).toEqual((await alone).signals);
  });

  test('takes the first answer to a shard only', async () => {
    const { bus, owner, replica, runId, signal } = await setUp();
    replica();
    await owner().measure(request(runId), needed, signal);
    const place = placeOf(shardTasks(request(runId), needed, EXAMPLES)[0]!);
    const failure = { reason: ErrorReason.DIVERGED, message: 'late' };
    const late = create(ShardFinishedSchema, { ...place, outcome: { case: 'failure', value: failure } });
    const subject = shardFinishedSubject(place);
    const { duplicate } = await publish(bus, subject, ShardFinishedSchema, late, { messageId: 'late', onlyOne: true });
    expect(duplicate).toBe(true);
    expect((await owner().measure(request(runId), needed, signal))!.signals).toEqual((await alone).signals);
  });

  test('fails as a shard fails, and can be tried again', async () => {
    const { owner, replica, runId, signal } = await setUp();
    const diverged = replica(async () => {
      throw new AppError(ErrorReason.DIVERGED, 'not finite');
    });
    const failing = owner().measure(request(runId), needed, signal);
    await expect(failing).rejects.toMatchObject({ reason: ErrorReason.DIVERGED, message: 'not finite' });
    diverged.abort();
    const one = owner();
    await one.drop(runId, 0);
    replica();
    expect((await one.measure(request(runId), needed, signal))!.signals).toEqual((await alone).signals);
  });

  test('is dropped where its run has ended', async () => {
    const { bus, owner, replica, measured, left, runId, signal } = await setUp();
    await openStore(bus, RUN_BUCKET, RunSchema).put(runId, { id: runId, state: RunState.CANCELLED }, 0);
    const end = untilTestEnds();
    const gathering = owner().measure(request(runId), needed, AbortSignal.any([signal, end.signal]));
    gathering.catch(() => {});
    replica();
    await expect.poll(() => left(SHARD_STREAM), { timeout: 10_000 }).toBe(0);
    expect(measured).toEqual([]);
    end.abort();
    await expect(gathering).rejects.toMatchObject({ reason: ErrorReason.CANCELLED });
  });

  test('is none where training saw part of it, or labels are enough', async () => {
    const { owner, runId, signal } = await setUp();
    expect(
      await owner().measure(request(runId), neededSignals(findSelector('random'), target.objective.kind), signal),
    ).toBeUndefined();
    const trainingSignals = create(StoredSignalsSchema, { examples: 1 });
    expect(await owner().measure({ ...request(runId), trainingSignals }, needed, signal)).toBeUndefined();
  });
});
