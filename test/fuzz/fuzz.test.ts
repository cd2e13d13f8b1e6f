import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../services/app-error.ts';
import { allTargets } from './all-targets.ts';
import { fuzz } from './fuzz.ts';
import { mutate, randomOf } from './mutate.ts';
import type { FuzzTarget } from './target.ts';

let targets: FuzzTarget[];
beforeAll(async () => {
  targets = await allTargets();
});
afterAll(() => {
  for (const target of targets) target.close?.();
});

describe('every decoder', () => {
  test('takes its samples', async () => {
    for (const { samples, decode, name } of targets.filter(({ name }) => !name.startsWith('request'))) {
      await expect(Promise.resolve(decode(samples[0]!)), name).resolves.not.toThrow();
    }
  });

  // the short form of `npm run test:fuzz`
  test('answers 20,000 broken inputs with an error of ours or a value, in time and without growth', {
    timeout: 120_000,
  }, async () => {
    const { findings, byTarget, accepted } = await fuzz({ targets, inputs: 20_000, seed: 7 });
    expect(findings).toEqual([]);
    expect(Object.keys(byTarget).sort()).toEqual(targets.map(({ name }) => name).sort());
    expect(accepted).toBeGreaterThan(1_000);
  });
});

describe('the fuzzer', () => {
  const sample = Buffer.from('some bytes that are long enough to be changed');

  test('makes the same inputs from the same seed', () => {
    const inputs = (seed: number) =>
      Array.from({ length: 20 }, (_, i) => mutate([sample], randomOf(seed + i)).toString('hex'));
    expect(inputs(1)).toEqual(inputs(1));
    expect(new Set(inputs(1)).size).toBeGreaterThan(10);
  });

  test('finds an error that is not ours, a fault, and slowness, and lets an error of ours pass', async () => {
    const thrower = (name: string, decode: () => void): FuzzTarget => ({ name, share: 1, samples: [sample], decode });
    const targets = [
      thrower('bug', () => {
        throw new TypeError('x is undefined');
      }),
      thrower('fault', () => {
        throw new AppError(ErrorReason.INTERNAL, 'a fault');
      }),
      thrower('refusal', () => {
        throw new AppError(ErrorReason.INVALID_FIELD, 'no');
      }),
    ];
    const { findings } = await fuzz({ targets, inputs: 50, seed: 1 });
    expect(new Set(findings.map(({ target }) => target))).toEqual(new Set(['bug', 'fault']));
    const slow = thrower('slow', () => {
      const end = performance.now() + 2_100;
      while (performance.now() < end);
    });
    expect((await fuzz({ targets: [slow], inputs: 1, seed: 1 })).findings[0]?.problem).toMatch(/^took 2\d\d\d ms$/);
  });
});
