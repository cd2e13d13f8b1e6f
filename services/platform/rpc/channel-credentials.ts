import { readFileSync } from 'node:fs';
import { type ChannelCredentials, credentials, InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import { isLoopback } from './loopback.ts';

/** How a client shows who it is and whom it trusts; files in PEM. */
export interface ChannelSecurity {
  /** TLS; plaintext where absent. */
  readonly tls?:
    | {
        /** CA of the server's certificate; those of the system where absent. */
        readonly caFile?: string | undefined;
        /** Client certificate and its key. */
        readonly certFile?: string | undefined;
        readonly keyFile?: string | undefined;
      }
    | undefined;
  /** The name that the server's certificate has to be for, where it is not the address's host. */
  readonly serverName?: string | undefined;
  /** File with a bearer token; read again for each call, so that it may be renewed. */
  readonly tokenFile?: string | undefined;
}

function read(what: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AppError(
      ErrorReason.INVALID_FIELD,
      `the ${what} ${file} can't be read (${code}); check its path and rights`,
    );
  }
}

/** Credentials of a connection. @throws AppError INVALID_FIELD naming the file. */
export function channelCredentials({ tls }: ChannelSecurity): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const { caFile, certFile, keyFile } = tls;
  if (!certFile !== !keyFile) {
    throw new AppError(ErrorReason.INVALID_FIELD, 'a client certificate needs its key: give both files');
  }
  return credentials.createSsl(
    caFile ? read('CA file', caFile) : null,
    keyFile ? read('key', keyFile) : null,
    certFile ? read('certificate', certFile) : null,
  );
}

/**
 * Sends the token along with every call. @throws AppError INVALID_FIELD where it would cross a network in plaintext.
 */
export function tokenInterceptors(address: string, { tls, tokenFile }: ChannelSecurity): Interceptor[] {
  if (tokenFile === undefined) return [];
  if (!tls && !isLoopback(address)) {
    throw new AppError(
      ErrorReason.INVALID_FIELD,
      `a token would go to ${address} in plaintext; use TLS, or give no token`,
    );
  }
  return [
    (options, nextCall) =>
      new InterceptingCall(nextCall(options), {
        start: (metadata, listener, next) => {
          metadata.set('authorization', `Bearer ${read('token file', tokenFile).toString('utf8').trim()}`);
          next(metadata, listener);
        },
      }),
  ];
}
