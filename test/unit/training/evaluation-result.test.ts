import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { AttackSpecSchema } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { Split } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { AutoAttackResult } from '../../../services/numerics/evaluation/autoattack.ts';
import { evaluationResult } from '../../../services/training/evaluation-result.ts';

const EXAMPLES = 10;
const attack = create(AttackSpecSchema, { epsilon: 8 / 255, stepSize: 2 / 255, steps: 50, restarts: 10 });
const pgd = { clean: [0, 1, 2, 3, 4, 5, 6, 7], robust: [1, 2, 3, 4], attack, warnings: ['pgd warns'] };
const byAutoAttack: AutoAttackResult = {
  epsilon: 8 / 255,
  examples: EXAMPLES,
  cleanAccuracy: 0.8,
  robustAccuracy: 0.3,
  robust: [3, 4, 7],
  broken: { clean: 2, 'apgd-ce': 3, 'apgd-t': 1, 'fab-t': 0, square: 1 },
  accuracyAfter: { clean: 0.8, 'apgd-ce': 0.5, 'apgd-t': 0.4, 'fab-t': 0.4, square: 0.3 },
  passes: { forward: 1, backward: 1 },
  warnings: ['square warns'],
};
const autoAttack = { ...byAutoAttack, seconds: 7 };
const common = { examples: EXAMPLES, seconds: 9 };

describe('the result of an evaluation', () => {
  test('by both attacks keeps what each found of all examples, and counts who survived both', () => {
    const result = evaluationResult({ ...common, pgd, autoAttack });
    expect(result).toMatchObject({
      ...common,
      cleanAccuracy: 0.8,
      robustAccuracy: 0.4,
      attack,
      attackName: 'PGD-50 x10',
      split: Split.TEST,
      warnings: ['pgd warns', 'square warns'],
      // examples 3 and 4; 7 fell to PGD, 1 and 2 to AutoAttack
      worstCaseAccuracy: 0.2,
    });
    expect(result.autoAttack).toMatchObject({ epsilon: 8 / 255, robustAccuracy: 0.3, examples: EXAMPLES, seconds: 7 });
    expect(result.autoAttack!.attacks.map(({ attack: name, accuracy, broken }) => [name, accuracy, broken])).toEqual([
      ['clean', 0.8, 2],
      ['apgd-ce', 0.5, 3],
      ['apgd-t', 0.4, 1],
      ['fab-t', 0.4, 0],
      ['square', 0.3, 1],
    ]);
  });

  test('by PGD alone has no other worst case', () => {
    const result = evaluationResult({ ...common, pgd });
    expect(result).toMatchObject({ robustAccuracy: 0.4, worstCaseAccuracy: 0.4, warnings: ['pgd warns'] });
    expect(result.autoAttack).toBeUndefined();
  });

  test("by AutoAttack alone has its figures in PGD's place", () => {
    const result = evaluationResult({ ...common, autoAttack });
    expect(result).toMatchObject({
      cleanAccuracy: 0.8,
      robustAccuracy: 0.3,
      worstCaseAccuracy: 0.3,
      attackName: 'AutoAttack',
    });
    expect(result.attack).toBeUndefined();
  });
});
