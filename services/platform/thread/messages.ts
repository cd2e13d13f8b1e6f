import type { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, type FieldViolation } from '../../app-error.ts';

/** Main thread to worker. */
export type ToWorker =
  | { readonly type: 'run'; readonly kind: string; readonly request: unknown; readonly stop: SharedArrayBuffer }
  | { readonly type: 'answer'; readonly ask: number; readonly value?: unknown; readonly error?: PlainError };

/** Worker to main thread. */
export type FromWorker =
  | { readonly type: 'progress'; readonly value: unknown; readonly held?: HeldMemory | undefined }
  | { readonly type: 'ask'; readonly ask: number; readonly question: unknown }
  | { readonly type: 'done'; readonly value: unknown; readonly held?: HeldMemory | undefined }
  | { readonly type: 'failed'; readonly error: PlainError; readonly held?: HeldMemory | undefined };

/** Memory that a worker holds on a device, as it reports it beside its messages. */
export interface HeldMemory {
  readonly bytes: number;
  /** "cpu" or "gpu". */
  readonly device: string;
}

/** An error that survives the way between threads. */
export interface PlainError {
  readonly message: string;
  readonly stack?: string;
  readonly reason?: ErrorReason;
  readonly fields?: readonly FieldViolation[];
}

/** Takes an error apart for the other thread. */
export function toPlain(error: unknown): PlainError {
  if (error instanceof AppError) return { message: error.message, reason: error.reason, fields: error.fields };
  if (error instanceof Error) return { message: error.message, ...(error.stack && { stack: error.stack }) };
  return { message: String(error) };
}

/** Puts an error of the other thread together again. */
export function fromPlain({ message, stack, reason, fields }: PlainError): Error {
  if (reason !== undefined) return new AppError(reason, message, { fields: fields ?? [] });
  const error = new Error(message);
  if (stack) error.stack = stack;
  return error;
}
