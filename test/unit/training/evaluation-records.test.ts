import { describe, expect, test } from 'vitest';
import type { EvaluationRecord } from '../../../services/training/evaluation-record.ts';
import {
  EvaluationRecords,
  type EvaluationStore,
  evaluationStore,
} from '../../../services/training/evaluation-records.ts';
import { newRunId, sharedNatsServer, testBus } from '../platform/bus/test-bus.ts';
import { capturedLog } from '../platform/captured-log.ts';

const shared = sharedNatsServer();
const record = (seconds: number): EvaluationRecord => ({
  stages: { pgd: { state: { survived: [1, 0, 1], broken: [1] }, seconds } },
});

/** A store in memory that writes one value at a time, when told to, and keeps count. */
function slowStore() {
  const values = new Map<string, Uint8Array>();
  const writes: (() => void)[] = [];
  let written = 0;
  const store: EvaluationStore = {
    get: async (key) => values.get(key),
    put: async (key, bytes) => {
      await new Promise<void>((resolve) => writes.push(resolve));
      values.set(key, bytes);
      written += 1;
    },
  };
  const letOneThrough = async () => {
    writes.shift()!();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return { store, values, letOneThrough, written: () => written };
}

describe('what evaluations have found', () => {
  test('is there for the next process', async () => {
    const { bus } = await testBus(shared.server);
    const { log } = capturedLog();
    const [mine, later] = [0, 1].map(() => new EvaluationRecords(evaluationStore(bus), log));
    const [key, other] = [newRunId(), newRunId()];
    expect(await mine.recall(key)).toBeUndefined();
    mine.remember(key, record(1));
    mine.remember(key, record(2));
    mine.remember(other, { result: { cleanAccuracy: 0.5 } });
    await mine.flushed();
    expect(await later.recall(key)).toEqual(record(2));
    expect(await later.recall(other)).toEqual({ result: { cleanAccuracy: 0.5 } });
  });

  test('of a million examples fits into a message', async () => {
    const { bus } = await testBus(shared.server);
    const { log, lines } = capturedLog();
    const records = new EvaluationRecords(evaluationStore(bus), log);
    const survived = Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 22);
    const large: EvaluationRecord = { stages: { pgd: { state: { survived, broken: [] }, seconds: 1 } } };
    const key = newRunId();
    records.remember(key, large);
    await records.flushed();
    expect(lines).toEqual([]);
    expect(await records.recall(key)).toEqual(large);
  });

  test('waits for its turn without being written over and over, and is known meanwhile', async () => {
    const { store, letOneThrough, written } = slowStore();
    const records = new EvaluationRecords(store, capturedLog().log);
    for (let seconds = 1; seconds <= 5; seconds++) {
      records.remember('a', record(seconds));
      // lets the first write begin
      for (let i = 0; i < 10; i++) await Promise.resolve();
    }
    expect(await records.recall('a')).toEqual(record(5));
    await letOneThrough();
    expect(await records.recall('a')).toEqual(record(5));
    await letOneThrough();
    await records.flushed();
    expect(written()).toBe(2);
    expect(await records.recall('a')).toEqual(record(5));
  });

  test('that can not be written is lost with a warning, and nothing else', async () => {
    const { log, lines } = capturedLog();
    const { store, values } = slowStore();
    const put: EvaluationStore['put'] = async (key, bytes) => {
      if (key === 'full') throw new Error('no room');
      values.set(key, bytes);
    };
    const records = new EvaluationRecords({ ...store, put }, log);
    records.remember('full', record(1));
    records.remember('b', record(2));
    await records.flushed();
    expect(lines.map(({ evaluation, msg }) => [evaluation, msg])).toEqual([
      ['full', 'what an evaluation found could not be stored'],
    ]);
    expect(await records.recall('full')).toBeUndefined();
    expect(await records.recall('b')).toEqual(record(2));
  });

  test('that can not be read counts as nothing, with a warning', async () => {
    const { log, lines } = capturedLog();
    const { store, values } = slowStore();
    values.set('a', Uint8Array.of(1, 2, 3));
    expect(await new EvaluationRecords(store, log).recall('a')).toBeUndefined();
    expect(lines[0].msg).toContain('can not be read; it starts anew');
  });
});
