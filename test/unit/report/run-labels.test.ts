import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runLabels } from '../../../services/report/run-labels.ts';

const SAFE_STEM = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,70}$/;
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]{1,50}$/u;

describe('runLabels', () => {
  it('keeps plain names and tells equal ones apart', () => {
    expect(runLabels(['full', 'full', 'Full', ''])).toEqual([
      { label: 'full', fileStem: 'full' },
      { label: 'full (2)', fileStem: 'full-2' },
      { label: 'Full (3)', fileStem: 'Full-3' },
      { label: 'run 4', fileStem: 'run-4' },
    ]);
  });

  it('keeps file names inside the folder and terminals and XML intact', () => {
    const [path, ansi, other] = runLabels(['../../etc/passwd', '\u001b[31mred\u0000\ud800', '\u202e日本']);
    expect(path!.fileStem).toBe('etc-passwd');
    expect(ansi).toEqual({ label: '[31mred', fileStem: '31mred' });
    expect(other).toEqual({ label: '日本', fileStem: 'run-3' });
  });

  it('gives every run a unique, safe file name and a printable, short label, whatever the names', () => {
    const names = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a', 'A', 'a (2)', 'a-2', '..', '-')),
    );
    fc.assert(
      fc.property(names, (wanted) => {
        const runs = runLabels(wanted);
        expect(new Set(runs.map((run) => run.fileStem.toLowerCase())).size).toBe(wanted.length);
        expect(new Set(runs.map((run) => run.label)).size).toBe(wanted.length);
        for (const { label, fileStem } of runs) {
          if (!SAFE_STEM.test(fileStem) || fileStem.includes('..')) throw new Error(`unsafe file name ${fileStem}`);
          if (!PRINTABLE.test(label)) throw new Error(`label not printable: ${JSON.stringify(label)}`);
        }
      }),
    );
  });
});
