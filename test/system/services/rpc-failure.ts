import { RpcError } from '../../../services/platform/rpc/rpc-error.ts';

/** The error that a call or a stream fails with; throws where it succeeds. */
export async function rpcFailure(call: Promise<unknown> | AsyncIterable<unknown>): Promise<RpcError> {
  try {
    if (Symbol.asyncIterator in call) {
      for await (const _ of call);
    } else await call;
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw error;
  }
  throw new Error('the call was expected to fail and succeeded');
}
