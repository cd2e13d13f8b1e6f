import { z } from 'zod';

const file = (description: string) => z.string().optional().describe(description);

/** Who may call and how the line is protected. */
export const securityConfig = {
  allowInsecure: z
    .stringbool()
    .default(false)
    .describe('whether plaintext or anonymous calls are taken from other machines'),
  tlsCert: file('file with the gRPC server certificate chain, PEM; read again when it changes'),
  tlsKey: file('file with its private key, PEM'),
  tlsClientCa: file('file with the CA of client certificates, PEM; clients then have to show one'),
  authTokens: file('file with callers, one NAME ROLE SECRET a line; roles are read, submit and admin'),
  authJwksUrl: z.url().optional().describe('address of the keys that sign callers’ JSON Web Tokens'),
  authIssuer: z.string().optional().describe('issuer that those tokens must have'),
  authAudience: z.string().optional().describe('audience that those tokens must have'),
  authRoleClaim: z.string().default('roles').describe('claim of those tokens that holds the role'),
};

/** The settings as they were read. */
export type SecurityConfig = z.output<z.ZodObject<typeof securityConfig>>;
