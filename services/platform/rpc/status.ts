import { randomUUID } from 'node:crypto';
import { type Metadata, status } from '@grpc/grpc-js';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import type { Log } from '../log.ts';
import { CallAborted } from './call-context.ts';
import { encodeDetails, type StatusDetails } from './status-details.ts';

/**
 * What a bus consumer does with a message whose handler failed: `ack` where there is nothing left to do, `retry` where
 * another attempt may succeed, `terminate` where every attempt would fail alike.
 */
export type Disposition = 'ack' | 'retry' | 'terminate';

/** A failed call as grpc-js takes it; an Error, because tracing reads its name and message. */
export interface CallStatus extends Error {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** The one table of reasons; its statuses are those documented in error_reason.proto. */
const table: Record<keyof typeof ErrorReason, readonly [status, Disposition]> = {
  UNSPECIFIED: [status.INTERNAL, 'retry'],
  INVALID_FIELD: [status.INVALID_ARGUMENT, 'terminate'],
  UNKNOWN_SCORER: [status.NOT_FOUND, 'terminate'],
  UNKNOWN_DATASET: [status.NOT_FOUND, 'terminate'],
  UNKNOWN_MODEL: [status.NOT_FOUND, 'terminate'],
  UNKNOWN_RUN: [status.NOT_FOUND, 'terminate'],
  UNKNOWN_CHECKPOINT: [status.NOT_FOUND, 'terminate'],
  UNKNOWN_INDEX_SET: [status.NOT_FOUND, 'terminate'],
  CORRUPT_DATASET: [status.FAILED_PRECONDITION, 'terminate'],
  CORRUPT_CHECKPOINT: [status.FAILED_PRECONDITION, 'terminate'],
  INVALID_INDEX_SET: [status.FAILED_PRECONDITION, 'terminate'],
  BUS_UNAVAILABLE: [status.UNAVAILABLE, 'retry'],
  // The run has moved on without this message.
  WRONG_STATE: [status.FAILED_PRECONDITION, 'ack'],
  OVERLOADED: [status.RESOURCE_EXHAUSTED, 'retry'],
  // Nobody wants the result any more.
  CANCELLED: [status.CANCELLED, 'ack'],
  DIVERGED: [status.ABORTED, 'terminate'],
  INTERNAL: [status.INTERNAL, 'retry'],
  // It was tried again already; what the run asked for in its place was not possible, or not asked for.
  SCORER_FAILED: [status.UNAVAILABLE, 'terminate'],
  UNAUTHENTICATED: [status.UNAUTHENTICATED, 'terminate'],
  PERMISSION_DENIED: [status.PERMISSION_DENIED, 'terminate'],
};

const byNumber = new Map(
  Object.entries(table).map(([name, row]) => [ErrorReason[name as keyof typeof table] as number, row]),
);

/** The gRPC status of a reason; INTERNAL for one that this version doesn't know. */
export function grpcStatusOf(reason: ErrorReason): status {
  return byNumber.get(reason)?.[0] ?? status.INTERNAL;
}

/** What a bus consumer does after this error; what was not foreseen is tried again. */
export function dispositionOf(error: unknown): Disposition {
  return (error instanceof AppError ? byNumber.get(error.reason)?.[1] : undefined) ?? 'retry';
}

// Messages travel in a header, percent-encoded; see LARGEST_DETAILS_BYTES for the limit on all of them.
const LARGEST_MESSAGE_BYTES = 1024;

/**
 * Translates whatever a handler threw into what its caller may see. Foreseen failures keep their message and reason;
 * everything else becomes INTERNAL with an id, under which the log has the error and its stack.
 */
export function statusOf(error: unknown, log: Log): CallStatus {
  if (error instanceof CallAborted) return callStatus(error.code, error.message, abortDetails(error));
  if (error instanceof AppError && grpcStatusOf(error.reason) !== status.INTERNAL) {
    return callStatus(grpcStatusOf(error.reason), error.message, error);
  }
  const id = randomUUID();
  log.error({ err: error, error_id: id }, `internal error ${id}`);
  return callStatus(status.INTERNAL, `internal error ${id}`, { reason: ErrorReason.INTERNAL, fields: [] });
}

function abortDetails(error: CallAborted): StatusDetails {
  return { reason: error.code === status.CANCELLED ? ErrorReason.CANCELLED : ErrorReason.UNSPECIFIED, fields: [] };
}

function callStatus(code: status, message: string, details: StatusDetails): CallStatus {
  const short = shorten(message);
  const error = new Error(short);
  // The stack is of no use to a caller, and the tracing that records this error would keep it.
  delete error.stack;
  return Object.assign(error, { code, details: short, metadata: encodeDetails(code, short, details) });
}

function shorten(message: string): string {
  // grpc-js can't encode half a surrogate pair; going through bytes replaces it.
  const text = Buffer.from(message).toString();
  if (encodedBytes(text) <= LARGEST_MESSAGE_BYTES) return text;
  let characters = [...text].slice(0, LARGEST_MESSAGE_BYTES);
  while (encodedBytes(characters.join('')) > LARGEST_MESSAGE_BYTES) {
    characters = characters.slice(0, Math.floor(characters.length * 0.9));
  }
  return `${characters.join('')}…`;
}

function encodedBytes(text: string): number {
  return encodeURI(text).length;
}
