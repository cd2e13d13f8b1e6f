import { expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, invalidField } from '../../../../services/app-error.ts';
import { fromPlain, toPlain } from '../../../../services/platform/thread/messages.ts';

const across = (error: unknown) => fromPlain(structuredClone(toPlain(error)));

test('an AppError crosses with reason and fields', () => {
  expect(across(invalidField('spec.epochs', 'is 0'))).toEqual(invalidField('spec.epochs', 'is 0'));
  const unspecified = across(new AppError(ErrorReason.UNSPECIFIED, 'x'));
  expect(unspecified).toBeInstanceOf(AppError);
});

test('other errors cross with message and stack, other values as text', () => {
  const fault = new TypeError('x is not a function');
  const received = across(fault);
  expect(received).not.toBeInstanceOf(AppError);
  expect(received).toMatchObject({ message: 'x is not a function', stack: fault.stack });
  expect(across('only text').message).toBe('only text');
  expect(across(undefined).message).toBe('undefined');
});
