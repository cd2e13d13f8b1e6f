import { expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, invalidField } from '../../../services/app-error.ts';
import { renameField } from '../../../services/spec/rename-field.ts';

const renamed = (error: unknown) => renameField(error, 'model', 'spec.model') as AppError;

test('renames a field, and what is below it, in details and message', () => {
  expect(renamed(invalidField('model', 'is missing'))).toMatchObject({
    message: 'spec.model: is missing',
    fields: [{ field: 'spec.model', description: 'is missing' }],
  });
  expect(renamed(invalidField('model.width', 'is 0'))).toMatchObject({
    reason: ErrorReason.INVALID_FIELD,
    message: 'spec.model.width: is 0',
    fields: [{ field: 'spec.model.width', description: 'is 0' }],
  });
});

test('leaves other fields, and sentences that only begin with the word', () => {
  expect(renamed(invalidField('models.width', 'is 0')).message).toBe('models.width: is 0');
  const fields = [{ field: 'model.architecture', description: 'must be one of a, b' }];
  expect(renamed(new AppError(ErrorReason.UNKNOWN_MODEL, 'model x is not known', { fields }))).toMatchObject({
    message: 'model x is not known',
    fields: [{ field: 'spec.model.architecture' }],
  });
});

test('leaves other errors as they are, and keeps the cause', () => {
  const fault = new TypeError('model.x');
  expect(renameField(fault, 'model', 'm')).toBe(fault);
  const noFields = new AppError(ErrorReason.DIVERGED, 'model: x');
  expect(renameField(noFields, 'model', 'm')).toBe(noFields);
  const fields = [{ field: 'model', description: '' }];
  expect(renamed(new AppError(ErrorReason.INVALID_FIELD, 'x', { fields, cause: fault })).cause).toBe(fault);
});
