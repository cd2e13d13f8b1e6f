import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { CostSchema } from '../../../proto/gen/winnow/v1/cost_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { RunSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { passesPerExample, passesSaved } from '../../../services/training/passes-saved.ts';
import { tinySpec } from './tiny-trainer.ts';
import { newTrainer, train } from './training-runs.ts';

const EXAMPLES = 48;
const attack = { epsilon: 0.1, stepSize: 0.05, steps: 3 };

describe('passes per example', () => {
  test.each([
    ['AT', ObjectiveKind.AT],
    ['TRADES', ObjectiveKind.TRADES],
    ['MART', ObjectiveKind.MART],
  ])('are those that an epoch of %s takes', async (_name, kind) => {
    const trainer = newTrainer({ objective: { kind, attack } });
    await train(trainer, 1);
    const { forwardPasses, backwardPasses } = trainer.ledger.passes;
    expect(passesPerExample(trainer.spec.objective!) * EXAMPLES).toBe(forwardPasses + backwardPasses);
  });
});

describe('passes saved', () => {
  const run = create(RunSchema, {
    spec: tinySpec({ objective: { kind: ObjectiveKind.AT, attack } }),
    dataset: { trainExamples: 100 },
  });
  const cost = (forward: bigint, backward: bigint) => create(CostSchema, { passes: { forward, backward } });

  test('are none on full data at the whole attack', () => {
    expect(passesSaved(run, 2, cost(800n, 800n))).toBe(0);
    expect(passesSaved(run, 0.5, cost(200n, 200n))).toBe(0);
  });

  test('grow with what pruning leaves out, and are below 0 until scoring has paid off', () => {
    expect(passesSaved(run, 2, cost(300n, 300n))).toBe(1000);
    expect(passesSaved(run, 0, cost(400n, 300n))).toBe(-700);
  });
});
