import { describe, expect, it } from 'vitest';
import { materialisedMiB } from '../../../bench/select/cases.ts';
import { residentMiB, watchPeak } from '../../../bench/select/peak-memory.ts';
import { selectLine, selectTable } from '../../../bench/select/select-line.ts';

const ours = { seconds: 1.25, residual: 0.0104, peakMiB: 71.26 };

describe('selectLine', () => {
  it('compares time and residual with the peer', () => {
    const line = selectLine({ method: 'adv-grad-match', n: 5000, k: 1500 }, ours, { seconds: 62.5, residual: 0.01 });
    expect(line).toEqual({
      bench: 'select',
      method: 'adv-grad-match',
      n: 5000,
      k: 1500,
      oursSeconds: 1.25,
      peerSeconds: 62.5,
      ratio: 50,
      residualRatio: 1.04,
      peakMiB: 71.3,
      usPerExample: 250,
    });
    expect(selectTable([line])).toContain('50.00x');
  });

  it('has nulls where no peer does the same', () => {
    const line = selectLine({ method: 'adv-craig', n: 5000, k: 1500 }, ours);
    expect(line).toMatchObject({ peerSeconds: null, ratio: null, residualRatio: null });
    expect(selectTable([line])).not.toContain('null');
  });
});

describe('materialisedMiB', () => {
  it('is 4 bytes for each of n x 5,130 numbers', () => {
    expect(materialisedMiB(5000, 10, 512)).toBeCloseTo((5000 * 5130 * 4) / 1024 / 1024, 9);
  });
});

describe('the peak of resident memory', () => {
  it('is read from the status of a process', () => {
    const status = 'Name:\tnode\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n';
    expect(residentMiB(status, 'VmHWM')).toBe(200);
    expect(residentMiB(status, 'VmRSS')).toBe(100);
    expect(() => residentMiB('Name:\tnode\n', 'VmRSS')).toThrow('Linux');
  });

  it.runIf(process.platform === 'linux')(
    'counts what was taken after the watch began, also when it is gone again',
    () => {
      let taken: Uint8Array | undefined = new Uint8Array(64 * 1024 * 1024).fill(1);
      const peak = watchPeak();
      expect(peak()).toBeLessThan(60);
      taken = new Uint8Array(128 * 1024 * 1024).fill(taken[0]);
      expect(peak()).toBeGreaterThan(100);
    },
  );
});
