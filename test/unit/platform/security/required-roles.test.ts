import { expect, test } from 'vitest';
import { ScoringService } from '../../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { TrainingService } from '../../../../proto/gen/winnow/v1/training_service_pb.ts';
import { includesRole, roles } from '../../../../services/platform/security/caller.ts';
import { requiredRole } from '../../../../services/platform/security/required-roles.ts';

test('every method of both services asks for a role, and what reads asks for the least', () => {
  for (const service of [ScoringService, TrainingService]) {
    for (const { name } of service.methods) {
      const role = requiredRole(`/${service.typeName}/${name}`);
      expect(roles).toContain(role);
      expect(role === 'read', name).toBe(/^(Get|List|Watch|Explain|Download)/.test(name));
    }
  }
});

test('health is for everybody, reflection for readers, and what is unknown for nobody below admin', () => {
  expect(requiredRole('/grpc.health.v1.Health/Check')).toBeUndefined();
  expect(requiredRole('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo')).toBe('read');
  expect(requiredRole('/winnow.v1.TrainingService/Unknown')).toBe('admin');
});

test('a role includes those below it', () => {
  expect(includesRole('admin', 'read')).toBe(true);
  expect(includesRole('submit', 'submit')).toBe(true);
  expect(includesRole('read', 'submit')).toBe(false);
});
