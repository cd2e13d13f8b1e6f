import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../../services/report/study/cell.ts';
import { picturedIndices, pictureGroups } from '../../../../services/report/study/study-pictures.ts';
import { sampleCell, sampleCells } from './sample-study.ts';

const pruned = { scorer: 'adv-grad-match', fraction: 0.3 };
const image = (index: number) => ({ index, label: 3, className: 'cat', png: Uint8Array.of(index) });

function kept(cell: Cell, most: number[], least: number[]): Cell {
  const examples = (indices: number[], rounds: number) => indices.map((index) => ({ index, rounds, weight: rounds }));
  return { ...cell, mostKept: examples(most, 2), leastKept: examples(least, 0) };
}

describe('pictures of a study', () => {
  it('are of each scorer without Bullet-Train, and of its first seed', () => {
    const cells = sampleCells();
    const indices = picturedIndices(cells);
    expect(indices).toEqual([...new Set(indices)].sort((a, b) => a - b));
    const groups = pictureGroups(cells, indices.map(image));
    expect(groups.map(({ title, images }) => [title, images.length])).toEqual([
      ['Kept most by adv-grad-match (TRADES on cifar10, 30 % kept)', 12],
      ['Kept least by adv-grad-match (TRADES on cifar10, 30 % kept)', 12],
      ['Kept most by adv-glister (TRADES on cifar10, 30 % kept)', 12],
      ['Kept least by adv-glister (TRADES on cifar10, 30 % kept)', 12],
    ]);
    const other = sampleCells().map((cell) => (cell.seed === 1 ? cell : kept(cell, [1], [2])));
    expect(picturedIndices(other)).toEqual(indices);
  });

  it('say what they show and how often it was kept, in the order of the cell', () => {
    const cells = [kept(sampleCell(pruned), [7, 5], [9])];
    expect(picturedIndices(cells)).toEqual([5, 7, 9]);
    const [most, least] = pictureGroups(cells, [image(5), { ...image(7), className: '' }, image(9)]);
    expect(most!.images).toEqual([
      { png: Uint8Array.of(7), caption: 'class 3 · kept in 2 of 3 rounds · example 7' },
      { png: Uint8Array.of(5), caption: 'cat · kept in 2 of 3 rounds · example 5' },
    ]);
    expect(least!.images.map(({ caption }) => caption)).toEqual(['cat · never kept · example 9']);
  });

  it('leave out examples without an image, and are none where nothing was scored', () => {
    const [most] = pictureGroups([kept(sampleCell(pruned), [7, 5], [])], [image(5)]);
    expect(most!.images).toHaveLength(1);
    expect(picturedIndices([sampleCell(), sampleCell({ scorer: 'random', fraction: 0.3 })])).toEqual([]);
    expect(pictureGroups([], [])).toEqual([]);
  });
});
