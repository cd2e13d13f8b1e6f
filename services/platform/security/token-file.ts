import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { ConfigError } from '../config-error.ts';
import type { Log } from '../log.ts';
import { type Caller, type Evidence, type Role, roles, type Verifier } from './caller.ts';

/** One line of a token file. */
interface Entry extends Caller {
  /** SHA-256 of the token; absent for a certificate. */
  readonly digest?: Buffer;
  readonly commonName?: string;
}

// Secrets that are guessed a million times a second fall at less.
const LEAST_TOKEN_CHARACTERS = 16;
const HASH = /^sha256:([0-9a-f]{64})$/;
const COMMON_NAME = /^cn:(.+)$/;
// Often enough for a revoked token, seldom enough to cost nothing.
const LOOK_AGAIN_MS = 1_000;

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/**
 * Reads a token file: one `NAME ROLE SECRET` per line, ROLE being read, submit or admin and SECRET a token of at least 16
 * characters, `sha256:HEX` of one, or `cn:COMMON_NAME` for a client certificate. '#' begins a comment.
 * @throws ConfigError that names the line, and never the secret.
 */
export function parseTokenFile(text: string, file: string): Entry[] {
  const entries: Entry[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const words = line.replace(/^#.*$|\s#.*$/, '').trim();
    if (words) entries.push(parseEntry(words.split(/\s+/), `${file} line ${i + 1}`));
  }
  if (entries.length === 0) throw new ConfigError(`${file} has no tokens; write NAME ROLE SECRET on a line`);
  return entries;
}

function parseEntry([name, role, secret, ...rest]: string[], where: string): Entry {
  if (secret === undefined || rest.length > 0) throw new ConfigError(`${where}: must be NAME ROLE SECRET`);
  if (!(roles as readonly string[]).includes(role)) {
    throw new ConfigError(`${where}: the role is ${JSON.stringify(role)}; must be one of ${roles.join(', ')}`);
  }
  const caller: Caller = { name, role: role as Role };
  const commonName = COMMON_NAME.exec(secret)?.[1];
  if (commonName !== undefined) return { ...caller, commonName };
  const hash = HASH.exec(secret)?.[1];
  if (hash !== undefined) return { ...caller, digest: Buffer.from(hash, 'hex') };
  if (secret.length < LEAST_TOKEN_CHARACTERS) {
    throw new ConfigError(`${where}: the token has fewer than ${LEAST_TOKEN_CHARACTERS} characters; use a longer one`);
  }
  return { ...caller, digest: sha256(secret) };
}

/** Every entry is compared, in constant time, so that an answer's delay tells nothing. */
function find(entries: readonly Entry[], { token, commonName }: Evidence): Caller | undefined {
  const digest = token === undefined ? undefined : sha256(token);
  let found: Entry | undefined;
  for (const entry of entries) {
    const byToken = digest !== undefined && entry.digest !== undefined && timingSafeEqual(digest, entry.digest);
    if (byToken || (commonName !== undefined && entry.commonName === commonName)) found ??= entry;
  }
  return found && { name: found.name, role: found.role };
}

/**
 * Knows the callers of a token file; a file that has changed is read again within a second. Where it has become
 * unreadable or malformed, the callers known so far stay, and the log says so.
 * @throws ConfigError where the file can't be read at first.
 */
export function tokenFileVerifier(file: string, log: Log): Verifier {
  let stamp = stampOf(file);
  let entries = parseTokenFile(read(file), file);
  let lookedAt = performance.now();
  return (evidence) => {
    if (performance.now() - lookedAt > LOOK_AGAIN_MS) {
      lookedAt = performance.now();
      refresh();
    }
    return find(entries, evidence);
  };

  function refresh(): void {
    try {
      const now = stampOf(file);
      if (now === stamp) return;
      stamp = now;
      entries = parseTokenFile(read(file), file);
      log.info({ file, tokens: entries.length }, 'the token file was read again');
    } catch (error) {
      log.error({ reason: (error as Error).message }, 'the token file could not be read again; the old tokens stay');
    }
  }
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return 'gone';
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`WINNOW_AUTH_TOKENS: ${file} can't be read (${code}); give a file that this user may read`);
  }
}
