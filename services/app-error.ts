import { ErrorReason } from '../proto/gen/winnow/v1/error_reason_pb.ts';

/** One field of a request that is wrong, and the remedy. */
export interface FieldViolation {
  /** Path of the field in the request, as in the proto: `spec.selection.fraction`. */
  readonly field: string;
  /** What is wrong and what is allowed. */
  readonly description: string;
}

/**
 * A failure that was foreseen: its reason decides the gRPC status and whether a message is retried.
 * Anything else that is thrown is a fault of ours and reaches callers as INTERNAL with an id.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly reason: ErrorReason;
  readonly fields: readonly FieldViolation[];

  constructor(
    reason: ErrorReason,
    message: string,
    options: { fields?: readonly FieldViolation[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.fields = options.fields ?? [];
  }
}

/** The error for one bad field of a request (INVALID_ARGUMENT). */
export function invalidField(field: string, description: string): AppError {
  return new AppError(ErrorReason.INVALID_FIELD, `${field}: ${description}`, { fields: [{ field, description }] });
}

/** The error for cancelled work (CANCELLED). */
export function cancelled(message = 'cancelled by the caller'): AppError {
  return new AppError(ErrorReason.CANCELLED, message);
}
