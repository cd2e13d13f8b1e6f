import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../app-error.ts';

/** The error for training that has left the finite numbers. */
export function diverged(what: string): AppError {
  const remedy = 'lower optimiser.learning_rate or raise optimiser.warmup_updates';
  return new AppError(ErrorReason.DIVERGED, `training diverged: ${what}; ${remedy}`);
}
