import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { PassesSchema } from '../../../proto/gen/winnow/v1/cost_pb.ts';
import { Ledger } from '../../../services/training/ledger.ts';

const NAP_MS = 60;
/** A timer may fire a little early by another clock. */
const NAP_SECONDS = (NAP_MS - 5) / 1000;

describe('the ledger', () => {
  test('adds up phases apart from each other', () => {
    const ledger = new Ledger();
    ledger.add('attack', 1.5);
    ledger.add('attack', 2);
    ledger.add('publishing', 0.25);
    expect(ledger.secondsOf('attack')).toBe(3.5);
    expect(ledger.cost().seconds).toMatchObject({ attack: 3.5, publishing: 0.25, update: 0, scoring: 0, waiting: 0 });
  });

  test('times work and gives its result, or its error', async () => {
    const ledger = new Ledger();
    expect(await ledger.time('update', () => 7)).toBe(7);
    await expect(
      ledger.time('waiting', async () => {
        await sleep(NAP_MS);
        throw new Error('late');
      }),
    ).rejects.toThrow('late');
    expect(ledger.secondsOf('waiting')).toBeGreaterThanOrEqual(NAP_SECONDS);
    const after = ledger.secondsOf('waiting');
    await sleep(NAP_MS);
    expect(ledger.secondsOf('waiting')).toBe(after);
  });

  test('leaves evaluation out of the total, also while it is under way', async () => {
    const ledger = new Ledger();
    await sleep(NAP_MS);
    const before = ledger.elapsed;
    expect(before).toBeGreaterThanOrEqual(NAP_SECONDS);
    await ledger.time('evaluation', async () => {
      await sleep(4 * NAP_MS);
      const { seconds } = ledger.cost();
      expect(seconds!.total - before).toBeLessThan(2 * NAP_SECONDS);
      expect(seconds!.evaluation).toBeGreaterThanOrEqual(4 * NAP_SECONDS);
    });
    expect(ledger.elapsed - before).toBeLessThan(2 * NAP_SECONDS);
    await sleep(NAP_MS);
    expect(ledger.elapsed - before).toBeGreaterThanOrEqual(NAP_SECONDS);
  });

  test('counts passes of its own and from elsewhere', () => {
    const ledger = new Ledger();
    ledger.passes.both(10);
    ledger.passes.forward(5);
    ledger.addPasses(create(PassesSchema, { forward: 100n, backward: 40n }));
    expect(ledger.cost().passes).toMatchObject({ forward: 115n, backward: 50n });
  });

  test('goes on from what another process booked; the time in between is not booked', async () => {
    const ledger = new Ledger();
    ledger.add('attack', 3);
    ledger.passes.both(10);
    await ledger.time('evaluation', () => sleep(NAP_MS));
    const state = JSON.parse(JSON.stringify(ledger.state()));
    await sleep(4 * NAP_MS);
    const next = new Ledger(state);
    next.add('attack', 1);
    const { seconds, passes } = next.cost();
    expect(seconds).toMatchObject({ attack: 4, evaluation: state.booked.evaluation });
    expect(seconds!.total).toBeGreaterThanOrEqual(state.elapsed);
    expect(seconds!.total - state.elapsed).toBeLessThan(2 * NAP_SECONDS);
    expect(passes).toMatchObject({ forward: 10n, backward: 10n });
  });
});
