import { expect, test } from 'vitest';
import { speedBlock, speedInReadme } from '../../bench/speed-readme.ts';

test("the README's speeds are those of the committed results; npm run bench -- speed --readme makes it so", () => {
  expect(speedInReadme()).toBe(speedBlock());
  expect(speedBlock()).toMatch(/\| resnet-18, trades, 64 \| \d+ ms/);
});
