/** What a caller may do, from least to most; each role includes those before it. */
export const roles = ['read', 'submit', 'admin'] as const;

/** One of the roles. */
export type Role = (typeof roles)[number];

/** Who calls. */
export interface Caller {
  /** For logs; never a secret. */
  readonly name: string;
  readonly role: Role;
}

/** What a call brings along to show who it is from. */
export interface Evidence {
  /** The bearer token of the `authorization` header. */
  readonly token?: string | undefined;
  /** Common name of the client certificate, where TLS has verified one. */
  readonly commonName?: string | undefined;
}

/** Tells who a call is from; undefined where it can't. Never throws: a verifier that can't be reached knows nobody. */
export type Verifier = (evidence: Evidence) => Promise<Caller | undefined> | Caller | undefined;

/** Whether a role includes another. */
export function includesRole(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
