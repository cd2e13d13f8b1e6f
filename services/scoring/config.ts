import { z } from 'zod';
import { baseConfig } from '../platform/config.ts';
import { hostOf } from './external-scorers/scorer-address.ts';

/** The words of a list that is separated by commas. */
function words(list: string): string[] {
  return list.split(',').flatMap((word) => word.trim() || []);
}

/** The scoring service's settings: addresses and paths only; what decides a result is in the request. */
export const scoringConfig = z.object({
  ...baseConfig,
  scorers: z
    .string()
    .default('')
    .transform(words)
    .refine((addresses) => addresses.every((address) => hostOf(address) !== undefined), 'must be host:port,host:port')
    .describe('scorers that run as services, host:port, separated by commas'),
  scorerHosts: z
    .string()
    .default('localhost,127.0.0.1,[::1]')
    .transform(words)
    .describe('hosts whose scorers may be registered, separated by commas; * for any'),
  scorerTimeout: z.coerce
    .number()
    .min(1)
    .max(86_400)
    .default(600)
    .describe('seconds that a scorer that runs as a service may take for one scoring'),
  signalsMemory: z.coerce
    .number()
    .int()
    .min(1)
    .default(4096)
    .describe('MiB that all selections from signals may hold together'),
});
