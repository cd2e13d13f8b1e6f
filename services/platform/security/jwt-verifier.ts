import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Log } from '../log.ts';
import { type Role, roles, type Verifier } from './caller.ts';

/** Where the keys are, and what tokens have to say. */
export interface JwtOptions {
  /** Address of the JSON Web Key Set. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** Claim that holds the role, or a list with it; of several the greatest counts. */
  readonly roleClaim: string;
  readonly log: Log;
}

// Keys signed with are asymmetric: a key set is public, so that a symmetric key in it would let anybody in.
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
// Clocks of two machines differ by less.
const CLOCK_TOLERANCE_SECONDS = 30;

function roleOf(payload: JWTPayload, claim: string): Role | undefined {
  const value = payload[claim];
  const given: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(' ') : [];
  return roles.findLast((role) => given.includes(role) || given.includes(`winnow:${role}`));
}

/** Knows callers by JSON Web Tokens (RFC 7519) with an issuer, an audience, an expiry and a role, signed by a published key. */
export function jwtVerifier({ jwksUrl, issuer, audience, roleClaim, log }: JwtOptions): Verifier {
  const keys = createRemoteJWKSet(new URL(jwksUrl));
  return async ({ token }) => {
    if (token === undefined) return undefined;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'sub'],
      });
      const role = roleOf(payload, roleClaim);
      return role && { name: String(payload.sub), role };
    } catch (error) {
      // A token that is not one of ours is the caller's affair, keys that can't be had are the operator's.
      const ours = error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError);
      if (ours) log.error({ jwksUrl, reason: (error as Error).message }, 'the keys for tokens can not be fetched');
      return undefined;
    }
  };
}
