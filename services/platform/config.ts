import { z } from 'zod';
import { busSecurityConfig } from './bus/security-config.ts';
import { ConfigError } from './config-error.ts';
import { logLevels } from './log.ts';
import { nearestName } from './nearest-name.ts';
import { securityConfig } from './security/config.ts';

/** What every service reads. A service adds its own fields: `z.object({ ...baseConfig, … })`. */
export const baseConfig = {
  listen: z
    .string()
    .regex(/^(\[.+\]|[^:]+):\d{1,5}$/, 'must be host:port')
    .default('127.0.0.1:0')
    .describe('address to listen on, host:port; port 0 takes a free one'),
  natsUrl: z
    .string()
    .regex(
      /^(nats|tls):\/\/[^\s,]+(\s*,\s*(nats|tls):\/\/[^\s,]+)*$/,
      'must be nats://host:port, more than one separated by commas',
    )
    .default('nats://127.0.0.1:4222')
    .describe('where NATS is; more than one address separated by commas'),
  ...busSecurityConfig,
  dataRoot: z.string().default('data').describe('folder with one folder per data set'),
  logLevel: z
    .enum(logLevels)
    .default('info')
    .describe(`least level that is logged: ${logLevels.join(', ')}`),
  ...securityConfig,
  exitWithParent: z.stringbool().default(false).describe('whether to end when standard input is closed'),
};

/** Keys, without the prefix, that other parts of Winnow read: no error where a process doesn't know them itself. */
const KNOWN_EVERYWHERE = [
  ...['CACHE_DIR', 'DEVICE', 'NATS_SERVER_BIN', 'SCORING_ADDRESS', 'TRAINING_ADDRESS'],
  ...['TLS_CA', 'CLIENT_CERT', 'CLIENT_KEY', 'TOKEN_FILE'],
];

/**
 * Reads a process's settings from the environment: the field `natsUrl` from WINNOW_NATS_URL. An empty variable counts
 * as unset. Throws a ConfigError that lists every problem, unknown keys among them.
 */
export function readConfig<S extends z.ZodRawShape>(
  schema: z.ZodObject<S>,
  prefix = 'WINNOW_',
  env: NodeJS.ProcessEnv = process.env,
): z.output<z.ZodObject<S>> {
  const fields = new Map(Object.keys(schema.shape).map((field) => [keyOf(field, prefix), field]));
  const given = Object.entries(env).filter(
    ([key, value]) => key.startsWith(prefix) && value !== undefined && value !== '',
  );
  const known = [...fields.keys(), ...KNOWN_EVERYWHERE.map((key) => prefix + key)];
  const problems = given.filter(([key]) => !known.includes(key)).map(([key]) => unknownKey(key, known));
  const values = given.flatMap(([key, value]) => (fields.has(key) ? [[fields.get(key), value]] : []));
  const result = schema.safeParse(Object.fromEntries(values));
  for (const { path, message } of result.error?.issues ?? []) {
    const key = keyOf(String(path[0]), prefix);
    problems.push(
      env[key] ? `${key}=${env[key]}: ${message}` : `${key} is not set: ${describe(schema, String(path[0]))}`,
    );
  }
  if (problems.length > 0 || !result.success) throw new ConfigError(problems.join('\n'));
  return result.data;
}

/** The settings of a schema for `--help`, one line each: name, meaning, default. */
export function describeConfig(schema: z.ZodObject, prefix = 'WINNOW_'): string {
  const rows = Object.keys(schema.shape).map((field) => [keyOf(field, prefix), describe(schema, field)] as const);
  const width = Math.max(...rows.map(([key]) => key.length));
  return rows.map(([key, description]) => `${key.padEnd(width)}  ${description}`).join('\n');
}

function describe(schema: z.ZodObject, field: string): string {
  const type = schema.shape[field] as z.ZodType;
  const byDefault = defaultOf(type);
  return [type.description ?? '', byDefault === undefined ? '' : ` (default ${byDefault})`].join('');
}

function defaultOf(type: z.ZodType): unknown {
  const absent = type.safeParse(undefined);
  return absent.success ? absent.data : undefined;
}

function unknownKey(key: string, known: readonly string[]): string {
  const nearest = nearestName(key, known);
  return `${key} is not known${nearest ? `; did you mean ${nearest}?` : `; known are ${known.join(', ')}`}`;
}

/** `natsUrl` -> `WINNOW_NATS_URL`. */
function keyOf(field: string, prefix: string): string {
  return prefix + field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
