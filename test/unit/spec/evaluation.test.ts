import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { EvaluateModelRequestSchema } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import { resolveEvaluationAttack } from '../../../services/spec/attack.ts';
import { resolveEvaluation } from '../../../services/spec/evaluation.ts';
import { expectRefused } from './refusal.ts';

type RequestInit = Omit<MessageInitShape<typeof EvaluateModelRequestSchema>, '$typeName' | '$unknown'>;

const request = (init: RequestInit) => create(EvaluateModelRequestSchema, init as RequestInit);
const attack = { epsilon: 8 / 255, stepSize: 2 / 255, steps: 50, restarts: 10 };
const autoAttack = { epsilon: 8 / 255 };

describe('the attacks of an evaluation', () => {
  test('are those asked for, with defaults filled in', () => {
    const pgd = resolveEvaluationAttack(request({ attack }).attack, 'attack');
    expect(resolveEvaluation(request({ attack }))).toEqual({ attack: pgd });
    expect(resolveEvaluation(request({ autoAttack }))).toEqual({ autoAttack: expect.objectContaining(autoAttack) });
    expect(resolveEvaluation(request({ attack, autoAttack }))).toEqual({
      attack: pgd,
      autoAttack: expect.objectContaining(autoAttack),
    });
  });

  test('are one at least', () => {
    expect(expectRefused(() => resolveEvaluation(request({})), 'attack')).toContain('auto_attack');
  });

  test('have one radius', () => {
    const two = request({ attack, autoAttack: { epsilon: 0.0314 } });
    const said = expectRefused(() => resolveEvaluation(two), 'auto_attack.epsilon');
    expect(said).toContain('0.0314 is not attack.epsilon');
    expect(said).toContain(`${8 / 255}`);
  });

  test.each([-0.1, 1.1, 8, Number.NaN])('have no radius of %f', (epsilon) => {
    expectRefused(() => resolveEvaluation(request({ autoAttack: { epsilon } })), 'auto_attack.epsilon');
  });

  test('are checked as everywhere', () => {
    const wrong = request({ attack: { ...attack, restarts: 101 }, autoAttack });
    expectRefused(() => resolveEvaluation(wrong), 'attack.restarts');
  });
});
