import { status } from '@grpc/grpc-js';
import { RpcError } from '../../../services/platform/rpc/rpc-error.ts';
import type { Subject } from './subject.ts';

/** What a call of a scorer failed with, in words. Rethrows what is no failure of the scorer. */
export function describeFailure(error: unknown, { signal, timeoutMs }: Pick<Subject, 'signal' | 'timeoutMs'>): string {
  // An interrupted run judges nobody; a TypeError is a fault of the check itself.
  if (signal.aborted || !(error instanceof Error) || error instanceof TypeError) throw error;
  if (!(error instanceof RpcError)) return `its answer can't be read: ${error.message}`;
  if (error.code === status.DEADLINE_EXCEEDED) return `no answer within ${timeoutMs} ms`;
  return `${status[error.code]}: ${error.message}`;
}
