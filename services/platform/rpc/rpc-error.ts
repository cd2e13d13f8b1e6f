import { type ServiceError, status } from '@grpc/grpc-js';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { FieldViolation } from '../../app-error.ts';
import { decodeDetails, type StatusDetails } from './status-details.ts';

/** A call that failed: gRPC's code, the server's message and, where a Winnow service sent them, reason and fields. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: status;
  /** UNSPECIFIED where the failure is the connection's or another server's. */
  readonly reason: ErrorReason;
  /** The fields that were refused; empty for all other failures. */
  readonly fields: readonly FieldViolation[];

  constructor(code: status, message: string, options: Partial<StatusDetails> & { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = options.reason ?? ErrorReason.UNSPECIFIED;
    this.fields = options.fields ?? [];
  }
}

/** The error for a call that its own caller cancelled. */
export function cancelledCall(): RpcError {
  return new RpcError(status.CANCELLED, 'the call was cancelled', { reason: ErrorReason.CANCELLED });
}

/** Turns what grpc-js throws into an {@link RpcError}; any other value is returned as it is. */
export function rpcErrorFrom(error: unknown): unknown {
  if (!isServiceError(error)) return error;
  const { reason, fields } = decodeDetails(error.metadata);
  const known = error.code === status.CANCELLED ? ErrorReason.CANCELLED : reason;
  return new RpcError(error.code, error.details, { reason: known, fields, cause: error });
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && typeof (error as Partial<ServiceError>).code === 'number' && 'details' in error;
}
