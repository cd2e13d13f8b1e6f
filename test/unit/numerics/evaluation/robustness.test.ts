import { describe, expect, it } from 'vitest';
import type { PhaseProgress } from '../../../../services/numerics/evaluation/phase-progress.ts';
import { type EvaluationAttack, robustness } from '../../../../services/numerics/evaluation/robustness.ts';
import type { SurvivorState } from '../../../../services/numerics/evaluation/survivors.ts';
import type { Model } from '../../../../services/numerics/models/model.ts';
import { withoutLeaks } from '../tensor-assertions.ts';
import { batchSource } from './batch-source.ts';
import { labelledBatch } from './labelled-batch.ts';

const N = 8;
const ATTACK: EvaluationAttack = {
  epsilon: 0.03,
  stepSize: 0.01,
  steps: 3,
  loss: 'cross-entropy',
  start: 'uniform',
  restarts: 1,
};

type Source = ReturnType<typeof batchSource>;

function sourced(name: string, wrong: (i: number) => boolean, count = N): { model: Model; source: Source } {
  const { model, batch } = labelledBatch(name, count, wrong);
  return { model, source: batchSource(batch) };
}

const measure = (model: Model, source: Source, attack: EvaluationAttack, seed = 1n, batchSize = N) =>
  robustness(model, source, { attack, seed, batchSize, name: 'PGD' });

describe.each(['linear', 'cnn with dropout', 'wide resnet'])('the accuracy of %s', (name) => {
  const { model, source } = sourced(name, (i) => i % 4 === 0);
  const RIGHT = [1, 2, 3, 5, 6, 7];

  it('counts clean examples right, and robust ones among them', async () => {
    const { clean, robust } = await withoutLeaks(() => measure(model, source, ATTACK));
    expect(clean).toEqual(RIGHT);
    expect(robust.filter((example) => !clean.includes(example))).toEqual([]);
  });

  it('never rises with restarts, and is the clean one without', async () => {
    for (const start of ['uniform', 'gaussian'] as const) {
      const found: number[][] = [];
      for (const restarts of [0, 1, 2, 4]) {
        found.push([...(await measure(model, source, { ...ATTACK, start, restarts }, 2n)).robust]);
      }
      expect(found[0]).toEqual(RIGHT);
      for (const [i, robust] of found.slice(1).entries()) {
        expect(robust.filter((example) => !found[i].includes(example))).toEqual([]);
      }
    }
  });

  it('falls to nothing in a ball that holds every image', async () => {
    const attack = { ...ATTACK, epsilon: 1, stepSize: 0.25, steps: 8, restarts: 3 };
    expect(await measure(model, source, attack, 3n)).toEqual({ clean: RIGHT, robust: [] });
  });

  it('is that of clean images in a ball of radius 0', async () => {
    expect(await measure(model, source, { ...ATTACK, epsilon: 0 }, 4n)).toEqual({ clean: RIGHT, robust: RIGHT });
  });

  it.each(['cross-entropy', 'kl'] as const)('does not depend on the batches, for %s', async (loss) => {
    const attack = { ...ATTACK, loss, restarts: 2 };
    const together = await measure(model, source, attack, 5n);
    for (const batchSize of [1, 3, N]) expect(await measure(model, source, attack, 5n, batchSize)).toEqual(together);
  });
});

describe('an evaluation', () => {
  it('where all is wrong has no example to attack', async () => {
    const { model, source } = sourced('linear', () => true);
    const found = await withoutLeaks(() => measure(model, source, { ...ATTACK, restarts: 3 }));
    expect(found).toEqual({ clean: [], robust: [] });
    expect(source.asked).toEqual([N]);
  });

  it('where all is right stays so under an attack that does not move', async () => {
    const { model, source } = sourced('linear', () => false);
    const attack = { ...ATTACK, start: 'clean', stepSize: 0, restarts: 2 } as const;
    const { robust } = await withoutLeaks(() => measure(model, source, attack));
    expect(robust).toHaveLength(N);
  });
});

describe('a restart', () => {
  const COUNT = 12;
  // of the 9 that are right, strong enough for 4 to fall at once, and 5 never
  const attack = { ...ATTACK, epsilon: 0.04, stepSize: 0.04 / 3, restarts: 3 };
  const options = { attack, seed: 6n, batchSize: 5, name: 'PGD-3 x3' };
  const { model } = sourced('linear', () => false);
  const source = () => sourced('linear', (i) => i % 4 === 0, COUNT).source;

  it('attacks what is left in full batches, not each batch of before again', async () => {
    const counting = source();
    const { clean, robust } = await robustness(model, counting, options);
    expect([clean.length, robust.length]).toEqual([9, 5]);
    // all of them clean, the 9 that are right, then twice the survivors, which fit into one batch
    expect(counting.asked).toEqual([4, 4, 4, 5, 4, 5, 5]);
  });

  it('goes on after a stop as if there had been none, and progress with it', async () => {
    const whole = await robustness(model, source(), options);
    for (const batches of [1, 3, 5]) {
      let kept = '';
      const done: number[] = [];
      const stopping = (phase: () => PhaseProgress, state: () => SurvivorState) => {
        kept = JSON.stringify(state());
        done.push(phase().done);
        if (done.length === batches) throw new Error('killed');
      };
      const first = robustness(model, source(), options, { onProgress: stopping });
      await withoutLeaks(() => expect(first).rejects.toThrow('killed'));
      const onProgress = (phase: () => PhaseProgress) => void done.push(phase().done);
      const state = JSON.parse(kept) as SurvivorState;
      expect(await robustness(model, source(), options, { onProgress }, state)).toEqual(whole);
      expect(done).toEqual([...done].sort((a, b) => a - b));
      expect(done.at(-1)).toBe(COUNT);
    }
  });

  it('tells how far it is in the midst of a batch, and can be stopped there', async () => {
    const examples = source();
    const told: PhaseProgress[] = [];
    const beforeStep = () => {
      if (told.length === 5) throw new Error('cancelled');
    };
    const onStep = (phase: () => PhaseProgress) => void told.push(phase());
    await withoutLeaks(() =>
      expect(robustness(model, examples, { ...options, batchSize: COUNT }, { beforeStep, onStep })).rejects.toThrow(
        'cancelled',
      ),
    );
    // three are wrong; of 13 passes in all, a restart is three steps and a look, and the clean images are one
    const share = (steps: number) => Math.floor((3 * 13 + 9 * (1 + (steps / 3) * 4)) / 13);
    expect(told.slice(0, 3).map(({ done }) => done)).toEqual([0, 1, 2].map(share));
    expect(told.every(({ phase, total }) => phase === 'PGD-3 x3' && total === COUNT)).toBe(true);
  });
});
