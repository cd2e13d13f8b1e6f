import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../app-error.ts';

/** Failures that another try, or another replica, may not meet. */
const RETRIED: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.BUS_UNAVAILABLE,
  ErrorReason.CANCELLED,
  ErrorReason.OVERLOADED,
]);

/** Whether a request that failed like this is worth another try. */
export function isRetried(error: unknown): boolean {
  return !(error instanceof AppError) || RETRIED.has(error.reason);
}

/** What whoever asked is told: nothing of the inside of a fault. */
export function failureToTell(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError(ErrorReason.INTERNAL, 'the scoring service failed again and again; its log says why');
}
