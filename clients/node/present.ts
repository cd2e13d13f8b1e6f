import { status } from '@grpc/grpc-js';
import { RpcError } from '../../services/platform/rpc/rpc-error.ts';

/** A field that every answer must carry; throws where the server, of another version perhaps, left it out. */
export function present<T>(value: T | undefined, field: string): T {
  if (value !== undefined) return value;
  throw new RpcError(status.INTERNAL, `the server's answer has no ${field}; is it of the same version as this client?`);
}
