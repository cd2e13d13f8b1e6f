import { clone, create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CostSchema } from '../../../proto/gen/winnow/v1/cost_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { type Run, RunSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { EpochProgressSchema } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import { staleness } from '../../../services/training/run-gauges.ts';
import { RunMetrics } from '../../../services/training/run-metrics.ts';
import { recorded, recordedValue } from '../platform/telemetry/recorded-metrics.ts';
import { tinySpec } from './tiny-trainer.ts';

const attack = { epsilon: 0.1, stepSize: 0.05, steps: 2 };
const trades = { 'winnow.objective': 'trades' };
const inAttack = { 'winnow.phase': 'attack' };
let runs = 0;

function newRun(): Run {
  const selection = { scorer: 'random', fraction: 0.5, everyEpochs: 3, warmStartEpochs: 1 };
  return create(RunSchema, {
    id: `r${runs++}`,
    spec: tinySpec({ objective: { kind: ObjectiveKind.TRADES, attack }, selection }),
    dataset: { trainExamples: 100 },
  });
}

const cost = (seconds: number, passes: number) =>
  create(CostSchema, { seconds: { attack: seconds, total: seconds }, passes: { forward: BigInt(passes) } });

/** The run's record after an epoch more. */
function epochMore(run: Run, examples: number, seconds: number): Run {
  const epoch = run.epochsDone;
  const next = clone(RunSchema, run);
  next.epochsDone = epoch + 1;
  next.cost = cost(seconds, 100 * seconds);
  const metrics = { epoch, examples, loss: 1 / (epoch + 1), trainRobustAccuracy: 0.25 };
  next.history.push(create(RunSchema, { history: [metrics] }).history[0]);
  return next;
}

const told = (epoch: number, done: number, total: number, seconds: number) =>
  create(EpochProgressSchema, { phase: 'train', epoch, done, total, cost: cost(seconds, 100 * seconds) });

/** How much a counter has grown since the test began. */
async function growth(name: 'winnow.run.examples' | 'winnow.run.phase.time' | 'winnow.run.epochs') {
  const sum = async () => (await recorded(name)).reduce((total, { value }) => total + value, 0);
  const before = await sum();
  return async () => (await sum()) - before;
}

describe('the metrics of a run', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  test('count each example, second and epoch once, whether told or stored first', async () => {
    const [examples, seconds, epochs] = [
      await growth('winnow.run.examples'),
      await growth('winnow.run.phase.time'),
      await growth('winnow.run.epochs'),
    ];
    const run = newRun();
    const metrics = new RunMetrics(run, run);
    metrics.progress(told(0, 30, 50, 3));
    expect([await examples(), await seconds()]).toEqual([30, 3]);
    metrics.progress(told(0, 50, 50, 5));
    metrics.progress(told(1, 20, 50, 7));
    // an epoch's state is stored while the next one is under way
    const first = epochMore(run, 50, 5);
    metrics.record(first);
    metrics.record(first);
    metrics.progress(told(1, 50, 50, 10));
    metrics.record(epochMore(first, 50, 10));
    expect([await examples(), await seconds(), await epochs()]).toEqual([100, 10, 2]);
    expect(await recordedValue('winnow.run.examples', trades)).toBeGreaterThanOrEqual(100);
    expect(await recordedValue('winnow.run.phase.time', inAttack)).toBeGreaterThanOrEqual(10);
  });

  test('of one that goes on leave out what was counted before', async () => {
    const [examples, seconds, epochs] = [
      await growth('winnow.run.examples'),
      await growth('winnow.run.phase.time'),
      await growth('winnow.run.epochs'),
    ];
    const run = epochMore(newRun(), 50, 5);
    run.cost = cost(7, 700);
    const metrics = new RunMetrics(run, run);
    metrics.record(run);
    // where in the epoch it goes on shows only now
    metrics.progress(told(1, 25, 50, 8));
    expect([await examples(), await seconds(), await epochs()]).toEqual([0, 1, 0]);
    metrics.progress(told(1, 50, 50, 10));
    metrics.record(epochMore(run, 50, 10));
    expect([await examples(), await seconds(), await epochs()]).toEqual([25, 3, 1]);
  });

  test('show the last epoch, until the run has been over for a while', async () => {
    const run = newRun();
    const labels = { 'winnow.run_id': run.id };
    const metrics = new RunMetrics(run, run);
    metrics.progress(told(0, 25, 50, 1));
    // half an epoch of 100 examples at 9 passes each would have been made on full data
    expect(await recordedValue('winnow.run.passes.saved', labels)).toBe(0.5 * 100 * 9 - 100);
    metrics.record(epochMore(run, 50, 5));
    expect(await recordedValue('winnow.run.loss', labels)).toBe(1);
    expect(await recordedValue('winnow.run.kept_share', labels)).toBe(0.5);
    expect(await recordedValue('winnow.run.attack_success', labels)).toBe(0.75);
    expect(await recordedValue('winnow.run.staleness', labels)).toBeUndefined();
    metrics.close(true);
    vi.advanceTimersByTime(60_000);
    expect(await recordedValue('winnow.run.loss', labels)).toBe(1);
    vi.advanceTimersByTime(600_000);
    expect(await recordedValue('winnow.run.loss', labels)).toBeUndefined();
  });

  test('disappear at once where another process goes on with the run, others stay', async () => {
    const [mine, other] = [newRun(), newRun()];
    const metrics = new RunMetrics(mine, mine);
    metrics.record(epochMore(mine, 50, 5));
    new RunMetrics(other, other).record(epochMore(other, 50, 5));
    expect(await recordedValue('winnow.run.loss', { 'winnow.run_id': mine.id })).toBe(1);
    metrics.close(false);
    expect(await recordedValue('winnow.run.loss', { 'winnow.run_id': mine.id })).toBeUndefined();
    expect(await recordedValue('winnow.run.loss', { 'winnow.run_id': other.id })).toBe(1);
  });
});

test('staleness counts epochs since the set in use was asked for', () => {
  const run = newRun();
  expect(staleness(run, 0)).toBeUndefined();
  // asked for at epoch 1, and there at 2; the next is asked for at 4
  run.rounds = create(RunSchema, {
    rounds: [
      { round: 0, fromEpoch: 2 },
      { round: 1, fromEpoch: 4 },
    ],
  }).rounds;
  expect([1, 2, 3, 4, 5].map((epoch) => staleness(run, epoch))).toEqual([undefined, 1, 2, 0, 1]);
});
