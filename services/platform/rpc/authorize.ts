import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import type { Log } from '../log.ts';
import { type Evidence, includesRole, type Role, type Verifier } from '../security/caller.ts';
import { requiredRole } from '../security/required-roles.ts';
import { statusOf } from './status.ts';

const BEARER = /^Bearer\s+(\S+)$/i;

function evidenceOf(metadata: Metadata, call: ServerInterceptingCallInterface): Evidence {
  const [header] = metadata.get('authorization');
  const token = typeof header === 'string' ? BEARER.exec(header)?.[1] : undefined;
  const subject = call.getAuthContext().sslPeerCertificate?.subject.CN;
  return { token, commonName: Array.isArray(subject) ? undefined : subject };
}

/** @throws AppError UNAUTHENTICATED or PERMISSION_DENIED. */
async function check(verifiers: readonly Verifier[], evidence: Evidence, needed: Role): Promise<void> {
  for (const verify of verifiers) {
    const caller = await verify(evidence);
    if (!caller) continue;
    if (includesRole(caller.role, needed)) return;
    const message = `'${caller.name}' has the role ${caller.role}; this call needs ${needed}`;
    throw new AppError(ErrorReason.PERMISSION_DENIED, message);
  }
  const why = evidence.token === undefined ? 'carries no token' : 'carries a token that is not known or has run out';
  throw new AppError(
    ErrorReason.UNAUTHENTICATED,
    `the call ${why}; send one as metadata "authorization: Bearer TOKEN" (role ${needed} or above)`,
  );
}

/**
 * Lets through only calls whose caller is known and has the role that the method asks for; health checks are for all.
 * Every method is covered, reflection too, before its request is read.
 */
export function authorize(verifiers: readonly Verifier[], log: Log): ServerInterceptor {
  return ({ path }, call) => {
    const needed = requiredRole(path);
    if (needed === undefined) return new ServerInterceptingCall(call);
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        check(verifiers, evidenceOf(metadata, call), needed).then(
          () => next(metadata),
          (error: unknown) => {
            log.warn({ path, peer: call.getPeer(), reason: (error as Error).message }, 'a call was refused');
            const { code, details, metadata: trailer } = statusOf(error, log);
            call.sendStatus({ code, details, metadata: trailer });
          },
        );
      })
      .build();
    return new ServerInterceptingCall(call, { start: (next) => next(listener) });
  };
}
