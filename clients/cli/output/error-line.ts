import { status } from '@grpc/grpc-js';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, type FieldViolation } from '../../../services/app-error.ts';
import { RpcError } from '../../../services/platform/rpc/rpc-error.ts';
import { CliError } from '../cli-error.ts';

const NO_SERVICE = 'start the services with "winnow serve", or say where they are with --training and --scoring';

/** A failure as a script can read it. */
export interface ErrorDescription {
  /** gRPC's name of the status, for failed calls. */
  readonly code?: string;
  /** ErrorReason's name, where a service gave one. */
  readonly reason?: string;
  readonly message: string;
  readonly fields: readonly FieldViolation[];
}

/** Says what failed, for every error that was foreseen; undefined for a fault of ours. */
export function describeError(error: unknown): ErrorDescription | undefined {
  if (error instanceof RpcError) {
    const reason = reasonName(error.reason);
    const isUnreached = error.code === status.UNAVAILABLE && reason === undefined;
    return {
      code: status[error.code],
      ...(reason !== undefined && { reason }),
      message: isUnreached ? `${withoutEmptyNote(error.message)}; ${NO_SERVICE}` : error.message,
      fields: error.fields,
    };
  }
  if (error instanceof AppError) {
    const reason = reasonName(error.reason);
    return { ...(reason !== undefined && { reason }), message: error.message, fields: error.fields };
  }
  if (error instanceof CliError) return { message: error.message, fields: [] };
  return undefined;
}

/** grpc-js ends its message with the heading of a note that is mostly empty. */
function withoutEmptyNote(message: string): string {
  return message.replace(/\.?\s*Resolution note:\s*$/, '');
}

/** A failure for people: one line, with the fields that the message doesn't name itself. */
export function errorLine(description: ErrorDescription): string {
  const { message, fields } = description;
  const unnamed = fields.filter(({ field, description: text }) => !(message.includes(field) && message.includes(text)));
  const details = unnamed.map(({ field, description: text }) => `${field}: ${text}`);
  const label = description.reason ?? description.code;
  const text = [message, ...details].join('; ');
  return label === undefined ? text : `${label}: ${text.replace(/\s*\n\s*/g, ' ')}`;
}

function reasonName(reason: ErrorReason): string | undefined {
  if (reason === ErrorReason.UNSPECIFIED) return undefined;
  return Object.entries(ErrorReason).find(([, value]) => value === reason)?.[0];
}
