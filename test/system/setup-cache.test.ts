import type { ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { calling, finish, makeWheel, startNode } from './setup-project.ts';

/** Big enough that unpacking takes long enough to be killed in the middle. */
const BIG_BYTES = 256 << 20;
const SMALL_BYTES = 1 << 20;
/** Each installation starts Python twice: seconds on a busy machine. */
const TIMEOUT_MS = 60_000;

let folder: string;
let cache: string;
let entry: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-cache-'));
  cache = join(folder, 'cache');
  entry = join(cache, 'fixture/1.0');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts `installWheel` in a process of its own; pip sees only the wheels in `folder`. */
function startInstall(pin: Record<string, unknown>): ChildProcess {
  const call = `it.installWheel(${JSON.stringify(pin)}, '${entry}', { cache: '${cache}', env: process.env, log })`;
  return startNode(calling('wheel.mjs', call), { PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder });
}

const scratchFolders = () => readdirSync(join(cache, 'tmp'));

async function untilUnpacking(): Promise<void> {
  const started = () => scratchFolders().some((name) => existsSync(join(cache, 'tmp', name, 'entry/zeros')));
  while (!existsSync(join(cache, 'tmp')) || !started()) await sleep(5);
}

describe('a cache entry made from a wheel', { timeout: TIMEOUT_MS }, () => {
  it('holds the members asked for, and the wheel is gone', async () => {
    const pin = makeWheel(folder, SMALL_BYTES);
    expect((await finish(startInstall(pin))).code).toBe(0);
    expect(readdirSync(entry).sort()).toEqual(['.manifest.json', 'zeros']);
    expect(readFileSync(join(entry, 'zeros')).equals(Buffer.alloc(SMALL_BYTES))).toBe(true);
    expect(scratchFolders()).toEqual([]);
  });

  it('is not made a second time', async () => {
    const pin = makeWheel(folder, SMALL_BYTES);
    await finish(startInstall(pin));
    const second = await finish(startInstall(pin));
    expect(second).toMatchObject({ code: 0, output: expect.not.stringContaining('log:') });
  });

  it('is made again when one byte of it has changed', async () => {
    const pin = makeWheel(folder, SMALL_BYTES);
    await finish(startInstall(pin));
    const damaged = Buffer.alloc(SMALL_BYTES);
    damaged[1000] = 1;
    writeFileSync(join(entry, 'zeros'), damaged);
    const second = await finish(startInstall(pin));
    expect(second.code).toBe(0);
    expect(second.output).toContain(`${entry} is damaged`);
    expect(readFileSync(join(entry, 'zeros')).equals(Buffer.alloc(SMALL_BYTES))).toBe(true);
  });

  it('is refused when the wheel has another hash', async () => {
    const pin = { ...makeWheel(folder, SMALL_BYTES), sha256: '0'.repeat(64) };
    const { code, output } = await finish(startInstall(pin));
    expect(code).toBe(1);
    expect(output).toMatch(/^set-up: winnow_fixture-1\.0-py3-none-any\.whl .*another sha256/m);
    expect(existsSync(entry)).toBe(false);
    expect(scratchFolders()).toEqual([]);
  });

  it('is refused when pip let another file through', async () => {
    const pin = makeWheel(folder, SMALL_BYTES);
    // A stand-in for a pip that checks nothing: it copies the file it is asked for.
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const script = `#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\nprintf other > "$2/${pin.file}"\n`;
    writeFileSync(join(bin, 'python3'), script, { mode: 0o755 });
    const call = `it.installWheel(${JSON.stringify(pin)}, '${entry}', { cache: '${cache}', env: process.env, log })`;
    const { code, output } = await finish(startNode(calling('wheel.mjs', call), { PATH: `${bin}:/usr/bin:/bin` }));
    expect(code).toBe(1);
    expect(output).toMatch(/^set-up: winnow_fixture.*: refused/m);
    expect(existsSync(entry)).toBe(false);
  });

  it('is whole after a set-up that was killed in the middle and one that was not', async () => {
    const pin = makeWheel(folder, BIG_BYTES);
    const killed = startInstall(pin);
    await untilUnpacking();
    killed.kill('SIGKILL');
    expect((await finish(killed)).code).toBe(null);
    expect(existsSync(entry)).toBe(false);

    expect((await finish(startInstall(pin))).code).toBe(0);
    expect(statSync(join(entry, 'zeros')).size).toBe(BIG_BYTES);
    expect(scratchFolders()).toEqual([]);
  });

  it('is whole after two set-ups at once', async () => {
    const pin = makeWheel(folder, 64 << 20);
    const both = await Promise.all([finish(startInstall(pin)), finish(startInstall(pin))]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(statSync(join(entry, 'zeros')).size).toBe(64 << 20);
    expect(scratchFolders()).toEqual([]);
  });
});
