import type { UnknownEnum } from '@bufbuild/protobuf';
import { expect } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../../services/app-error.ts';

/** A value that no enum has, as a newer client may send. */
export const UNKNOWN_VALUE = 99 as UnknownEnum;

/** The AppError that a check throws. */
export function refusal(check: () => unknown): AppError {
  try {
    check();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
  throw new Error('nothing was thrown');
}

/** Expects a check to refuse one field, named in message and details alike, and returns what is said of it. */
export function expectRefused(check: () => unknown, field: string): string {
  const { reason, fields, message } = refusal(check);
  expect({ reason, fields: fields.map((violation) => violation.field) }).toEqual({
    reason: ErrorReason.INVALID_FIELD,
    fields: [field],
  });
  expect(message).toBe(`${field}: ${fields[0].description}`);
  return fields[0].description;
}
