import { describe, expect, it } from 'vitest';
import { expectClose, type GoldenSpec, golden, goldenImages, goldenModel } from './golden.ts';

interface ForwardGolden {
  readonly spec: GoldenSpec;
  readonly examples: number;
  /** Names and shapes of PyTorch's state_dict. */
  readonly shapes: Record<string, number[]>;
  readonly evaluation: { features: number[]; logits: number[] };
  readonly training: { features: number[]; logits: number[] };
}

const file = golden<Record<string, ForwardGolden>>('forward');

describe.each(Object.keys(file))('%s', (name) => {
  const { spec, examples, shapes, ...modes } = file[name];
  const model = goldenModel(spec);

  it("has the names and shapes of PyTorch's weights", () => {
    expect(Object.fromEntries(model.weights.shapes())).toEqual(shapes);
  });

  it.each(['evaluation', 'training'] as const)("has PyTorch's features and logits in %s mode", (mode) => {
    const images = goldenImages(`forward/${name}`, examples, spec);
    const { features, logits } = model.forward(images, { training: mode === 'training' });
    expectClose(features, modes[mode].features, 'features');
    expectClose(logits, modes[mode].logits, 'logits');
  });
});
