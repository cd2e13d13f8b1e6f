import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { RunSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { invalidField } from '../../../services/app-error.ts';
import { IndexSetHistory } from '../../../services/index-set/history.ts';
import { publishFailure } from '../../../services/index-set/publish.ts';
import { readOutcome } from '../../../services/index-set/read-outcome.ts';
import { openStore } from '../../../services/platform/bus/key-value.ts';
import { RUN_BUCKET } from '../../../services/platform/bus/streams.ts';
import { PublishedRounds } from '../../../services/scoring/published-rounds.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from '../platform/bus/test-bus.ts';
import { syntheticSignals } from '../selection/synthetic-signals.ts';
import { batchesOf, setOf, signalsServer } from './signals-server.ts';

const nats = sharedNatsServer();

async function rounds() {
  const { bus } = await testBus(nats.server);
  const history = new IndexSetHistory(bus);
  const runs = openStore(bus, RUN_BUCKET, RunSchema);
  const { client } = await signalsServer({ rounds: new PublishedRounds(bus, history, runs) });
  const runId = newRunId();
  const select = (round: number, seed = 1n, examples = 600): Promise<IndexSet> => {
    const setting = {
      examples,
      classes: 4,
      features: 8,
      objective: { kind: ObjectiveKind.AT },
      selection: { scorer: 'random', fraction: 0.5 },
      seed,
      datasetFingerprint: 'mine',
      runId,
      round,
    };
    return setOf(client.selectFromSignals(setting, batchesOf(syntheticSignals(5, examples, 4, 8), 50)));
  };
  return { bus, history, runs, runId, select };
}

describe('the rounds of a run that has its own trainer', () => {
  test('are published, and tell the overlap with the round before', async () => {
    const { bus, history, runId, select } = await rounds();
    const sets = [await select(0), await select(1, 2n)];
    expect(sets[0].quality!.overlap).toBeUndefined();
    expect(sets[1].quality!.overlap).toBeGreaterThan(0.2);
    expect(sets[1].quality!.overlap).toBeLessThan(0.5);
    const seen: IndexSet[] = [];
    const watch = untilTestEnds();
    for await (const finished of history.follow(runId, watch.signal)) {
      seen.push(await readOutcome(bus, finished));
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(sets);
    expect(seen[0]).toMatchObject({ runId, round: 0, datasetFingerprint: 'mine', datasetExamples: 600 });
  });

  test('keep the set they have: whoever comes again, or at the same time, gets that one', async () => {
    const { select } = await rounds();
    const first = await select(0, 1n);
    expect(await select(0, 2n)).toEqual(first);
    const [a, b] = await Promise.all([select(1, 3n), select(1, 4n)]);
    expect(a).toEqual(b);
    expect(await select(1, 5n)).toEqual(a);
  });

  test('have no overlap with a set of another number of examples', async () => {
    const { select } = await rounds();
    await select(0, 1n, 400);
    expect((await select(1)).quality!.overlap).toBeUndefined();
  });

  test('whose selection failed before get a set after all', async () => {
    const { bus, runId, select } = await rounds();
    await publishFailure(bus, runId, 1, invalidField('x', 'is bad'));
    expect((await select(2)).quality!.overlap).toBeUndefined();
  });

  test('are not those of a run of the training service', async () => {
    const { runs, runId, select } = await rounds();
    await runs.put(runId, create(RunSchema, { id: runId }));
    await expect(select(0)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      fields: [{ field: 'setting.run_id' }],
    });
  });
});
