import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SelectionSpecSchema } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { type ArrivedRound, Rounds, type RoundsState } from '../../../services/training/rounds.ts';
import type { SelectionAnswer, SelectionFiles } from '../../../services/training/run-messages.ts';

interface Schedule {
  readonly everyEpochs: number;
  readonly warmStartEpochs?: number;
  readonly maxStalenessEpochs?: number;
}

const answerOf = (round: number): SelectionAnswer => ({
  subset: { indices: Uint32Array.of(round) },
  publishSeconds: 0,
});

const filesOf = (round: number): SelectionFiles => ({ checkpoint: { sha256: `file ${round}`, sizeBytes: 1 } });

/** Rounds whose requests a test answers by hand. */
function handRounds(schedule: Schedule, state?: RoundsState) {
  const asked: { round: number; epoch: number }[] = [];
  const settle: { resolve: () => void; reject: (error: Error) => void }[] = [];
  let waits = 0;
  const rounds = new Rounds(
    create(SelectionSpecSchema, schedule),
    {
      prepare: async (round, epoch) => {
        asked.push({ round, epoch });
        return filesOf(round);
      },
      request: (round, files) => {
        expect(files).toEqual(filesOf(round));
        return new Promise((resolve, reject) => {
          settle[round] = { resolve: () => resolve(answerOf(round)), reject };
        });
      },
      onWait: () => {
        waits += 1;
      },
    },
    state,
  );
  return { rounds, asked, settle, waits: () => waits };
}

/** Rounds that are answered at once; the epochs at which each was applied. */
async function epochsOfRounds(schedule: Schedule, epochs: number): Promise<[round: number, epoch: number][]> {
  const rounds = new Rounds(create(SelectionSpecSchema, schedule), {
    prepare: async (round) => filesOf(round),
    request: async (round) => answerOf(round),
  });
  const applied: [number, number][] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const arrived = await rounds.before(epoch);
    if (arrived) applied.push([arrived.round, epoch]);
  }
  return applied;
}

const isPending = async (work: Promise<unknown>) =>
  (await Promise.race([work, sleep(5).then(() => 'pending')])) === 'pending';

describe('rounds that wait for their sets', () => {
  test.each<[Schedule, number[]]>([
    [{ everyEpochs: 1 }, [0, 1, 2, 3, 4, 5, 6]],
    [{ everyEpochs: 3 }, [0, 3, 6]],
    [{ everyEpochs: 3, warmStartEpochs: 2 }, [2, 5]],
    [{ everyEpochs: 20, warmStartEpochs: 6 }, [6]],
    [{ everyEpochs: 1, warmStartEpochs: 7 }, []],
  ])('%o are due before epochs %o of 7', async (schedule, epochs) => {
    expect(await epochsOfRounds(schedule, 7)).toEqual(epochs.map((epoch, round) => [round, epoch]));
  });

  test('stand still until the set is there, and say how long', async () => {
    const { rounds, asked, settle, waits } = handRounds({ everyEpochs: 2, warmStartEpochs: 1 });
    expect(await rounds.before(0)).toBeUndefined();
    expect(waits()).toBe(0);
    const waiting = rounds.before(1);
    expect(asked).toEqual([{ round: 0, epoch: 1 }]);
    expect(await isPending(waiting)).toBe(true);
    expect(waits()).toBe(1);
    await sleep(30);
    settle[0].resolve();
    const arrived = (await waiting) as ArrivedRound;
    expect(arrived).toMatchObject({ round: 0, answer: answerOf(0) });
    expect(arrived.waitedSeconds).toBeGreaterThanOrEqual(0.02);
    expect(await rounds.before(2)).toBeUndefined();
    expect(waits()).toBe(1);
  });
});

describe('rounds whose sets may be late', () => {
  test('go on with the last set, take the new one when it is there, and wait when time is up', async () => {
    const { rounds, asked, settle, waits } = handRounds({ everyEpochs: 3, warmStartEpochs: 1, maxStalenessEpochs: 2 });
    expect(await rounds.before(0)).toBeUndefined();
    // round 0 is asked for before epoch 1 and there before epoch 2
    expect(await rounds.before(1)).toBeUndefined();
    settle[0].resolve();
    await sleep(0);
    expect(await rounds.before(2)).toMatchObject({ round: 0 });
    expect(await rounds.before(3)).toBeUndefined();
    // round 1 is asked for before epoch 4; epochs 4 and 5 may go on without it, 6 may not
    expect(await rounds.before(4)).toBeUndefined();
    expect(await rounds.before(5)).toBeUndefined();
    expect(waits()).toBe(0);
    const late = rounds.before(6);
    expect(await isPending(late)).toBe(true);
    expect(waits()).toBe(1);
    settle[1].resolve();
    expect(await late).toMatchObject({ round: 1 });
    expect(asked).toEqual([
      { round: 0, epoch: 1 },
      { round: 1, epoch: 4 },
    ]);
  });

  test('wait for the first set all the same where there was no warm start', async () => {
    const { rounds, settle } = handRounds({ everyEpochs: 3, maxStalenessEpochs: 2 });
    const first = rounds.before(0);
    expect(await isPending(first)).toBe(true);
    settle[0].resolve();
    expect(await first).toMatchObject({ round: 0 });
    await rounds.before(1);
    await rounds.before(2);
    expect(await rounds.before(3)).toBeUndefined();
  });

  test('a set that is there costs no waiting', async () => {
    const { rounds, settle } = handRounds({ everyEpochs: 2, warmStartEpochs: 1, maxStalenessEpochs: 1 });
    await rounds.before(1);
    settle[0].resolve();
    await sleep(20);
    expect((await rounds.before(2))?.waitedSeconds).toBeLessThan(0.015);
  });
});

describe('rounds that go on from a state', () => {
  test('ask again for a round that was open, with what it was to be scored with, and for nothing else', async () => {
    const first = handRounds({ everyEpochs: 2 });
    first.rounds.before(0).catch(() => {});
    await sleep(0);
    first.settle[0].resolve();
    await sleep(0);
    await first.rounds.prepare(2);
    const { state } = first.rounds;
    expect(state).toEqual({
      asked: 2,
      applied: 1,
      open: { round: 1, sinceEpoch: 2 },
      files: filesOf(1),
      oldFiles: filesOf(0),
    });
    const next = handRounds({ everyEpochs: 2 }, JSON.parse(JSON.stringify(state)));
    const waiting = next.rounds.before(2);
    expect(await isPending(waiting)).toBe(true);
    next.settle[1].resolve();
    expect(await waiting).toMatchObject({ round: 1 });
    expect(next.asked).toEqual([]);
    expect(await next.rounds.before(3)).toBeUndefined();
  });
});

describe('a request that fails', () => {
  test('fails the epoch that waits for it', async () => {
    const { rounds, settle } = handRounds({ everyEpochs: 1 });
    const waiting = rounds.before(0);
    expect(await isPending(waiting)).toBe(true);
    settle[0].reject(new Error('no set'));
    await expect(waiting).rejects.toThrow('no set');
  });

  test('while training goes on surfaces before the next epoch, and not earlier', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      const { rounds, settle } = handRounds({ everyEpochs: 3, warmStartEpochs: 1, maxStalenessEpochs: 2 });
      expect(await rounds.before(1)).toBeUndefined();
      settle[0].reject(new Error('no set'));
      await sleep(20);
      expect(unhandled).toEqual([]);
      await expect(rounds.before(2)).rejects.toThrow('no set');
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});

test('whatever the schedule, at most one request is open and no set is older than allowed', async () => {
  const schedules = fc
    .record({ everyEpochs: fc.integer({ min: 1, max: 5 }), warmStartEpochs: fc.nat(4) })
    .chain(({ everyEpochs, warmStartEpochs }) =>
      fc.record({
        everyEpochs: fc.constant(everyEpochs),
        warmStartEpochs: fc.constant(warmStartEpochs),
        maxStalenessEpochs: fc.nat(everyEpochs - 1),
      }),
    );
  await fc.assert(
    fc.asyncProperty(schedules, fc.nat(4), async (schedule, lateness) => {
      // a request is answered when training waits, or `lateness` epochs after it was made
      let since = 0;
      let open: { round: number; since: number; resolve: () => void } | undefined;
      const rounds = new Rounds(create(SelectionSpecSchema, schedule), {
        prepare: async (round, epoch) => {
          since = epoch;
          return filesOf(round);
        },
        request: (round) => {
          expect(open).toBeUndefined();
          return new Promise((resolve) => {
            open = { round, since, resolve: () => resolve(answerOf(round)) };
          });
        },
        onWait: () => open?.resolve(),
      });
      for (let epoch = 0; epoch < 20; epoch++) {
        if (open && epoch - open.since >= lateness) {
          open.resolve();
          await Promise.resolve();
        }
        const arrived = await rounds.before(epoch);
        if (!arrived) continue;
        expect(epoch - open!.since).toBeLessThanOrEqual(schedule.maxStalenessEpochs);
        expect(arrived.round).toBe(open!.round);
        open = undefined;
      }
    }),
  );
});
