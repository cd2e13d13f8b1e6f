import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import {
  SelectionRequestedSchema,
  type StoredSignals,
  StoredSignalsSchema,
} from '../../../proto/gen/winnow/v1/events_pb.ts';
import { SelectionSpecSchema } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { IndexSetHistory } from '../../../services/index-set/history.ts';
import { publishIndexSet } from '../../../services/index-set/publish.ts';
import { putObject } from '../../../services/platform/bus/objects.ts';
import { CHECKPOINT_BUCKET, SCORE_BUCKET } from '../../../services/platform/bus/streams.ts';
import { makeRunSet, type RunSetDependencies } from '../../../services/scoring/make-run-set.ts';
import { readHistory } from '../../../services/scoring/round-history.ts';
import { selectSubset } from '../../../services/scoring/score-dataset.ts';
import { readScores } from '../../../services/scoring/stored-scores.ts';
import { type SelectionPurpose, toIndexSet } from '../../../services/scoring/to-index-set.ts';
import { selectors } from '../../../services/selection/registry.ts';
import { directContext } from '../direct-context.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from '../platform/bus/test-bus.ts';
import { capturedLog } from '../platform/captured-log.ts';
import { tinyDataset } from '../tiny-dataset.ts';
import { tinyTarget } from './targets.ts';

const shared = sharedNatsServer();
const EXAMPLES = 30;
const dataset = tinyDataset({ train: EXAMPLES });

/** All that makes sets, the tensors on this thread; keeps what each selection was told. */
async function setUp() {
  const { bus } = await testBus(shared.server);
  const { log, lines } = capturedLog();
  const told: SelectionPurpose[] = [];
  const dependencies: RunSetDependencies = {
    bus,
    log,
    history: new IndexSetHistory(bus),
    signal: untilTestEnds().signal,
    services: { describedFor: async () => [] },
    scorer: {
      async select({ checkpoint: _, ...target }, selection, purpose) {
        told.push(purpose);
        const { runId: _run, round: _round, ...given } = purpose;
        const result = await selectSubset(dataset, { target, selection, ...given }, directContext());
        return { set: toIndexSet(target, selection, purpose, result), result };
      },
    },
  };
  const warnings = () => lines.filter(({ level }) => level === 40).map(({ msg }) => msg);
  return { bus, dependencies, told, warnings, runId: newRunId() };
}

function requested(runId: string, round: number, scorer: string, trainingSignals?: StoredSignals) {
  const { model, objective, seed } = tinyTarget();
  const selection = create(SelectionSpecSchema, { scorer, fraction: 0.3 });
  const datasetFingerprint = dataset.fingerprint;
  const fields = { runId, round, dataset: tinyTarget().dataset, datasetFingerprint, model, objective, selection, seed };
  return create(SelectionRequestedSchema, { ...fields, ...(trainingSignals && { trainingSignals }) });
}

describe('scores', () => {
  test.each(['adv-grad-match', 'random'])('of %s are stored, and the set refers to them', async (scorer) => {
    const { bus, dependencies, runId } = await setUp();
    const set = await makeRunSet(requested(runId, 0, scorer), dependencies);
    expect(set.scores).toMatchObject({ meaning: selectors.get(scorer)!.scoreMeaning, sizeBytes: 120n });
    const scores = await readScores(bus, set.scores, EXAMPLES);
    expect(scores!.every(Number.isFinite)).toBe(true);
  });

  test('that cannot be stored leave the set as it is', async () => {
    const { bus, dependencies, runId, warnings } = await setUp();
    const stream = `OBJ_${SCORE_BUCKET}`;
    const { config } = await bus.manager.streams.info(stream);
    await bus.manager.streams.update(stream, { max_msg_size: 10 });
    const set = await makeRunSet(requested(runId, 0, 'random'), dependencies);
    await bus.manager.streams.update(stream, { max_msg_size: config.max_msg_size });
    expect(set.scores).toBeUndefined();
    expect(set.indexGaps).toHaveLength(9);
    expect(warnings()).toEqual([expect.stringContaining('the scores could not be stored')]);
  });
});

describe('the history of a scorer that reads it', () => {
  test('goes from round to round, whoever serves them', async () => {
    const first = await setUp();
    const { runId } = first;
    const set = await makeRunSet(requested(runId, 0, 'forgetting'), first.dependencies);
    await publishIndexSet(first.bus, set);
    const stored = await readHistory(first.bus, runId, 0);
    expect(stored!.correctBefore).toHaveLength(EXAMPLES);
    expect(first.told[0]).not.toHaveProperty('history');

    const second = await setUp();
    await makeRunSet(requested(runId, 1, 'forgetting'), second.dependencies);
    expect(second.told[0].history).toEqual(stored);
    expect(second.told[0].previous).toHaveLength(9);
    expect(await readHistory(second.bus, runId, 1)).toBeDefined();
    expect([...first.warnings(), ...second.warnings()]).toEqual([]);
  });

  test('that is gone counts as none, and the log says so', async () => {
    const { dependencies, told, runId, warnings } = await setUp();
    await makeRunSet(requested(runId, 4, 'forgetting'), dependencies);
    expect(told[0]).not.toHaveProperty('history');
    expect(warnings()).toEqual([expect.stringContaining('what earlier rounds saw is gone')]);
  });

  test('is not kept for others', async () => {
    const { bus, dependencies, runId, warnings } = await setUp();
    await makeRunSet(requested(runId, 1, 'el2n'), dependencies);
    expect(await readHistory(bus, runId, 1)).toBeUndefined();
    expect(warnings()).toEqual([]);
  });
});

describe("training's signals", () => {
  const sha256 = 'ab'.repeat(32);
  const missing = create(StoredSignalsSchema, { sha256, sizeBytes: 1n, examples: 1 });

  test('that are not in the store, or no such file, are left aside, and the log says so', async () => {
    const { bus, dependencies, told, runId, warnings } = await setUp();
    await makeRunSet(requested(runId, 0, 'el2n', missing), dependencies);
    expect(told[0]).not.toHaveProperty('trainingSignals');
    const bytes = Buffer.from('no safetensors file');
    const stored = await putObject(bus, CHECKPOINT_BUCKET, 'signals', bytes);
    await putObject(bus, CHECKPOINT_BUCKET, stored.sha256, bytes);
    const bad = create(StoredSignalsSchema, { sha256: stored.sha256 });
    const set = await makeRunSet(requested(runId, 0, 'el2n', bad), dependencies);
    expect(Buffer.from(told[1].trainingSignals!).toString()).toBe('no safetensors file');
    expect(set.cost!.passes!.forward).toBe(BigInt(EXAMPLES * 4));
    expect(warnings()).toEqual([expect.stringContaining('not there'), expect.stringContaining('left aside')]);
  });

  test('are not fetched for a scorer that reads labels alone', async () => {
    const { dependencies, runId, warnings } = await setUp();
    await makeRunSet(requested(runId, 0, 'random', missing), dependencies);
    expect(warnings()).toEqual([]);
  });
});
