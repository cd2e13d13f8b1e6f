import { describe, expect, it } from 'vitest';
import { DoneLines } from '../../../bench/step/done-lines.ts';
import { median } from '../../../bench/step/median.ts';
import { stepLine, stepTable } from '../../../bench/step/step-line.ts';

const CASE = { model: 'resnet-18', objective: 'trades', batch: 64 } as const;
const PAIR = { precision: 'f32', peer: 'pytorch-plain' } as const;
const LINE = stepLine(CASE, PAIR, { ours: [400, 1000, 200], theirs: [900, 700], convShare: 0.81249 });

describe('a line of the step bench', () => {
  it('has the medians, and their ratio as how many times faster ours is', () => {
    expect(LINE).toEqual({
      bench: 'step',
      ...CASE,
      precision: 'f32',
      oursMs: 400,
      peer: 'pytorch-plain',
      peerMs: 800,
      ratio: 2,
      convShare: 0.812,
    });
  });

  it('has its fields in the order that is documented', () => {
    const fields = Object.keys(JSON.parse(JSON.stringify(LINE)) as object);
    expect(fields.join()).toBe('bench,model,objective,batch,precision,oursMs,peer,peerMs,ratio,convShare');
  });

  it('is a row of the table', () => {
    const [head, row] = stepTable([LINE]).split('\n');
    expect(head).toMatch(/^model +objective/);
    expect(row).toMatch(/^resnet-18 +trades +64 +f32 +400 ms +pytorch-plain +800 ms +2\.00x +81 %$/);
  });
});

describe('the median', () => {
  it('is the middle value, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the two in the middle of an even number', () => {
    expect(median([4, 1, 100, 2])).toBe(3);
  });

  it('is no number where there is no value', () => {
    expect(median([])).toBeNaN();
  });
});

describe('lines of an earlier run', () => {
  const text = ['> winnow@0.1.0 bench', JSON.stringify(LINE), '{"bench":"study"}', '{"bench":"step","mod'].join('\n');
  const done = new DoneLines(text);

  it('tell what is measured', () => {
    expect(done.has(CASE, PAIR)).toBe(true);
  });

  it('tell nothing of another case or pair', () => {
    expect(done.has({ ...CASE, batch: 128 }, PAIR)).toBe(false);
    expect(done.has({ ...CASE, objective: 'at' }, PAIR)).toBe(false);
    expect(done.has(CASE, { ...PAIR, precision: 'bf16' })).toBe(false);
    expect(done.has(CASE, { ...PAIR, peer: 'pytorch-compile' })).toBe(false);
  });
});
