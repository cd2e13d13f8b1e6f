import type { ChannelSecurity } from '../../services/platform/rpc/client.ts';
import { connectScoring, type ScoringClient } from '../node/scoring-client.ts';
import { connectTraining, type TrainingClient } from '../node/training-client.ts';

/** Ports that `winnow serve` listens on and clients look at where nothing else is said. */
export const defaultAddresses = { training: '127.0.0.1:7441', scoring: '127.0.0.1:7442' } as const;

/** The options every command shares. */
export interface GlobalOptions {
  readonly training?: string | undefined;
  readonly scoring?: string | undefined;
  readonly json?: true | undefined;
  readonly tls?: true | undefined;
  readonly tlsCa?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tokenFile?: string | undefined;
}

/** How the shared options secure a connection: any TLS file means TLS. */
export function securityOf({ tls, tlsCa, tlsCert, tlsKey, tokenFile }: GlobalOptions): ChannelSecurity {
  const files = { caFile: tlsCa, certFile: tlsCert, keyFile: tlsKey };
  return { ...((tls || tlsCa || tlsCert || tlsKey) && { tls: files }), tokenFile };
}

/** The shared options as given before or after the command's name. */
export function globalOptions(command: { optsWithGlobals(): object }): GlobalOptions {
  return command.optsWithGlobals() as GlobalOptions;
}

/** Calls `use` with a client of the training service, and closes it afterwards. */
export async function withTraining<T>(options: GlobalOptions, use: (client: TrainingClient) => Promise<T>): Promise<T> {
  const client = connectTraining(options.training ?? defaultAddresses.training, securityOf(options));
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** Calls `use` with a client of the scoring service, and closes it afterwards. */
export async function withScoring<T>(options: GlobalOptions, use: (client: ScoringClient) => Promise<T>): Promise<T> {
  const client = connectScoring(options.scoring ?? defaultAddresses.scoring, securityOf(options));
  try {
    return await use(client);
  } finally {
    client.close();
  }
}
