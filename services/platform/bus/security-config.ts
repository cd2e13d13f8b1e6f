import { z } from 'zod';

const file = (description: string) => z.string().optional().describe(description);

/** How a process shows NATS who it is, and how it knows NATS. */
export const busSecurityConfig = {
  natsCredentials: file('file with NATS credentials (JWT and nkey seed), read again at each connection'),
  natsTlsCa: file('file with the CA of NATS’ certificate, PEM; with it the connection must be TLS'),
  natsTlsCert: file('file with a client certificate for NATS, PEM'),
  natsTlsKey: file('file with its private key, PEM'),
};

/** The settings as they were read. */
export type BusSecurityConfig = z.output<z.ZodObject<typeof busSecurityConfig>>;
