import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { Signal } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { type GatheredSignals, holdsAll, SignalRoom } from '../../../../services/scoring/shards/gathered-signals.ts';
import { decodeShard, encodeShard } from '../../../../services/scoring/shards/shard-file.ts';
import { type ExampleSignals, takeSignals } from '../../../../services/selection/signals.ts';
import { expectAppError } from '../../dataset/fixtures/expect-app-error.ts';

const NEEDED = [Signal.LABEL, Signal.ADVERSARIAL_LOGITS, Signal.ADVERSARIAL_FEATURES];
const EXAMPLES = 7;
const CLASSES = 3;
const FEATURES = 2;

const numbers = (count: number, from: number) => Float32Array.from({ length: count }, (_, i) => from + i / 8);

const signals: ExampleSignals = {
  examples: EXAMPLES,
  classes: CLASSES,
  features: FEATURES,
  labels: Uint16Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES),
  cleanLogits: new Float32Array(0),
  adversarialLogits: numbers(EXAMPLES * CLASSES, 1),
  cleanFeatures: new Float32Array(0),
  adversarialFeatures: numbers(EXAMPLES * FEATURES, 100),
};

/** The file of some of the examples. */
function shardOf(first: number, examples: number): Uint8Array {
  const indices = Uint32Array.from({ length: examples }, (_, row) => first + row);
  return encodeShard(takeSignals(signals, indices), NEEDED);
}

describe('signals that are cut into shards', () => {
  test('are as before when they are put together in any order', () => {
    const room = new SignalRoom(signals.labels, CLASSES);
    for (const [first, size] of [
      [4, 3],
      [0, 2],
      [2, 2],
    ])
      room.put(first!, decodeShard(shardOf(first!, size!), size!, NEEDED));
    expect(room.signals()).toEqual(signals);
  });

  test('hold what was needed, and nothing else', () => {
    const gathered: GatheredSignals = { signals, seconds: 1, forwardPasses: 1, backwardPasses: 1 };
    expect(holdsAll(gathered, NEEDED)).toBe(true);
    expect(holdsAll(gathered, [...NEEDED, Signal.CLEAN_LOGITS])).toBe(false);
  });

  test('are refused where a shard has other rows, or lacks what was asked for', async () => {
    const file = shardOf(0, 3);
    const decoding = async (...shard: Parameters<typeof decodeShard>) => decodeShard(...shard);
    await expectAppError(decoding(file, 4, NEEDED), ErrorReason.CORRUPT_CHECKPOINT);
    await expectAppError(decoding(file, 3, [Signal.CLEAN_LOGITS]), ErrorReason.CORRUPT_CHECKPOINT);
    await expectAppError(decoding(file.subarray(0, 40), 3, NEEDED), ErrorReason.CORRUPT_CHECKPOINT);
  });

  test('are refused where a shard is of another model', () => {
    const room = new SignalRoom(signals.labels, CLASSES);
    room.put(0, decodeShard(shardOf(0, 2), 2, NEEDED));
    const wider = {
      field: 'adversarialFeatures' as const,
      width: FEATURES + 1,
      values: numbers(2 * (FEATURES + 1), 0),
    };
    expect(() => room.put(2, [wider])).toThrow(RangeError);
    expect(() => room.put(2, [{ ...wider, field: 'adversarialLogits', width: CLASSES + 1 }])).toThrow(RangeError);
  });
});
