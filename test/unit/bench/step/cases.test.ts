import { describe, expect, it } from 'vitest';
import { BATCHES, chosenCases, chosenPairs, MODELS, OBJECTIVES } from '../../../bench/step/cases.ts';

describe('the cases of a step bench', () => {
  it('are all of them, each once, where nothing narrows them', () => {
    const cases = chosenCases({});
    expect(new Set(cases.map((one) => JSON.stringify(one))).size).toBe(cases.length);
    expect(cases).toHaveLength(MODELS.length * OBJECTIVES.length * BATCHES.length);
  });

  it('are narrowed by model, objective and batch', () => {
    expect(chosenCases({ model: ['small-cnn'], objective: ['mart', 'at'], batch: ['128'] })).toEqual([
      { model: 'small-cnn', objective: 'at', batch: 128 },
      { model: 'small-cnn', objective: 'mart', batch: 128 },
    ]);
  });

  it('change the objective before the network, which a peer keeps compiled', () => {
    const networks = chosenCases({}).map(({ model, batch }) => `${model} ${batch}`);
    const changes = networks.filter((network, index) => network !== networks[index - 1]);
    expect(changes).toHaveLength(new Set(networks).size);
  });
});

describe('the pairs of a step bench', () => {
  it('set the bf16 peer against our bf16', () => {
    expect(chosenPairs({ peer: ['pytorch-bf16'] }, true)).toEqual([{ precision: 'bf16', peer: 'pytorch-bf16' }]);
  });

  it('set the bf16 peer against our f32 where there is no bf16 of ours', () => {
    expect(chosenPairs({ peer: ['pytorch-bf16'] }, false)).toEqual([{ precision: 'f32', peer: 'pytorch-bf16' }]);
    expect(chosenPairs({}, false).map(({ precision }) => precision)).not.toContain('bf16');
  });

  it('set plain PyTorch against both of ours', () => {
    const pairs = chosenPairs({ peer: ['pytorch-plain'] }, true);
    expect(pairs.map(({ precision }) => precision)).toEqual(['f32', 'bf16']);
  });

  it('say what there is where the options leave nothing', () => {
    expect(() => chosenPairs({ precision: ['bf16'], peer: ['pytorch-compile'] }, true)).toThrow(
      /--precision and --peer; there are f32 beside pytorch-plain/,
    );
  });
});
