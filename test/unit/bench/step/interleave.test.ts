import { expect, it } from 'vitest';
import { interleave, roundsAfterFirst } from '../../../bench/step/interleave.ts';

const LIMITS = { seconds: 10, least: 2, most: 15 };

it('goes round after round, one contestant at a time', async () => {
  const order: string[] = [];
  let running = 0;
  const step = async (name: string) => {
    running += 1;
    expect(running).toBe(1);
    await new Promise(setImmediate);
    running -= 1;
    order.push(name);
    return order.length;
  };
  const times = await interleave(['ours', 'peer'], step, { seconds: 0, least: 3, most: 3 });
  expect(order).toEqual(['ours', 'peer', 'ours', 'peer', 'ours', 'peer']);
  expect(times).toEqual(
    new Map([
      ['ours', [1, 3, 5]],
      ['peer', [2, 4, 6]],
    ]),
  );
});

it('does as many rounds as the seconds allow', () => {
  expect(roundsAfterFirst(2000, LIMITS)).toBe(4);
});

it('does the least however long a round is', () => {
  expect(roundsAfterFirst(60_000, LIMITS)).toBe(1);
});

it('does no more than the most however short a round is', () => {
  expect(roundsAfterFirst(0, LIMITS)).toBe(14);
});
