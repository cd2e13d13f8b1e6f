import { type CallOptions as GrpcCallOptions, Metadata } from '@grpc/grpc-js';
import { cancelledCall } from './rpc-error.ts';

/** What a caller can say about one call. */
export interface CallOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
  /** Time the whole call may take, ms; a call that takes longer fails with DEADLINE_EXCEEDED. No limit where absent. */
  readonly timeoutMs?: number | undefined;
  /** Sent along with the call. */
  readonly metadata?: Metadata | Readonly<Record<string, string>> | undefined;
}

/** The metadata of a call, as a copy: tracing adds its own to it. */
export function callMetadata(options: CallOptions): Metadata {
  if (options.metadata instanceof Metadata) return options.metadata.clone();
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value);
  return metadata;
}

/** The options of a call as grpc-js takes them. */
export function grpcOptions(options: CallOptions): GrpcCallOptions {
  return options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs };
}

/** Cancels a call when its signal aborts; returns how to stop listening. */
export function cancelOnAbort(call: { cancel(): void }, { signal }: CallOptions): () => void {
  const cancel = () => call.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  return () => signal?.removeEventListener('abort', cancel);
}

/** Throws the error of a cancelled call where the signal is aborted before the call is made. */
export function refuseAborted({ signal }: CallOptions): void {
  if (signal?.aborted) throw cancelledCall();
}
