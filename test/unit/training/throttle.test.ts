import { expect, test } from 'vitest';
import { Throttle } from '../../../services/training/throttle.ts';

test('a throttle lets the first through, then one in each interval, and whatever has to be', () => {
  let time = 5;
  const throttle = new Throttle(10, () => time);
  const due = (at: number, now?: boolean) => {
    time = at;
    return throttle.due(now);
  };
  expect([due(5), due(6), due(14), due(15), due(24)]).toEqual([true, false, false, true, false]);
  expect([due(24, true), due(33), due(34)]).toEqual([true, false, true]);
});
