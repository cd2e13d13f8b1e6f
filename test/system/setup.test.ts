import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshProject, MACHINE_CACHE, pathWith, recordOf, runSetUp } from './setup-project.ts';

/** A first set-up on this machine downloads and compiles. */
const FIRST_TIME_MS = 600_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-setup-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A PATH without any tool, and a cache that can't be made: what a set-up that does nothing can live with. */
const nothing = () => ({ PATH: join(folder, 'no-such-folder'), WINNOW_CACHE_DIR: '/proc/no-cache-here' });

describe('set-up', () => {
  it(
    'installs what the cache holds, and the second time needs no tool, no cache and no time',
    async () => {
      const project = freshProject(join(folder, 'project'));
      const first = await runSetUp(project, { WINNOW_CACHE_DIR: MACHINE_CACHE });
      expect(first.output).toContain('TensorFlow is ready');
      expect(first.code).toBe(0);
      const before = statSync(recordOf(project)).mtimeMs;

      const start = performance.now();
      const second = await runSetUp(project, nothing());
      expect(second).toMatchObject({ code: 0, output: expect.stringMatching(/^set-up: .* is in place\n$/) });
      expect(performance.now() - start).toBeLessThan(2000);
      expect(statSync(recordOf(project)).mtimeMs).toBe(before);
    },
    FIRST_TIME_MS,
  );

  it(
    'compiles once: the next `npm ci` takes the addon from the cache',
    async () => {
      const cache = join(folder, 'cache');
      mkdirSync(cache);
      symlinkSync(join(MACHINE_CACHE, 'tensorflow'), join(cache, 'tensorflow'));
      const first = await runSetUp(freshProject(join(folder, 'a')), { WINNOW_CACHE_DIR: cache });
      expect(first.output).toContain('compiling');
      expect(first.code).toBe(0);

      const noTools = { WINNOW_CACHE_DIR: cache, PATH: join(folder, 'no-such-folder') };
      const second = await runSetUp(freshProject(join(folder, 'b')), noTools);
      expect(second.output).not.toContain('compiling');
      expect(second.code).toBe(0);
    },
    FIRST_TIME_MS,
  );

  it('repairs a package whose addon is gone, and one whose libraries are', async () => {
    const project = freshProject(join(folder, 'project'));
    const env = { WINNOW_CACHE_DIR: MACHINE_CACHE };
    expect((await runSetUp(project, env)).code).toBe(0);
    for (const part of ['lib', 'deps']) {
      rmSync(join(project, 'node_modules/@tensorflow/tfjs-node-gpu', part), { recursive: true });
      expect((await runSetUp(project, env)).output).toContain('TensorFlow is ready');
    }
  }, 60_000);
});

describe('set-up names everything that is missing, in one line each, before it starts', { timeout: 60_000 }, () => {
  let parent: string;
  let project: string;
  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), 'winnow-setup-'));
    project = freshProject(join(parent, 'project'));
  });
  afterAll(() => {
    rmSync(parent, { recursive: true, force: true });
  });
  const lines = (output: string) => output.trimEnd().split('\n');

  it('python3, compiler and make', async () => {
    const { code, output } = await runSetUp(project, { PATH: folder, WINNOW_CACHE_DIR: join(folder, 'cache') });
    expect(code).toBe(1);
    expect(lines(output)).toEqual([
      expect.stringMatching(/^set-up: python3 .*apt-get install python3/),
      expect.stringMatching(/^set-up: .*C\+\+ compiler.*apt-get install g\+\+/),
      expect.stringMatching(/^set-up: make .*apt-get install make/),
    ]);
  });

  it('only the compiler', async () => {
    const PATH = pathWith(join(folder, 'bin'), ['python3', 'make']);
    const { code, output } = await runSetUp(project, { PATH, CXX: '', WINNOW_CACHE_DIR: join(folder, 'cache') });
    expect(code).toBe(1);
    expect(lines(output)).toEqual([expect.stringContaining('C++ compiler')]);
  });

  it('pip', async () => {
    execFileSync('python3', ['-m', 'venv', '--without-pip', join(folder, 'venv')]);
    const PATH = `${join(folder, 'venv/bin')}:${process.env.PATH}`;
    const { code, output } = await runSetUp(project, { PATH, WINNOW_CACHE_DIR: join(folder, 'cache') });
    expect(code).toBe(1);
    expect(lines(output)).toEqual([
      expect.stringMatching(/^set-up: python3 has no pip: .*apt-get install python3-pip/),
    ]);
  });

  it('a cache that can be written', async () => {
    const { code, output } = await runSetUp(project, { WINNOW_CACHE_DIR: '/proc/no-cache-here' });
    expect(code).toBe(1);
    expect(lines(output)[0]).toMatch(/^set-up: \/proc\/no-cache-here .*WINNOW_CACHE_DIR/);
  });

  it('the npm packages', async () => {
    const bare = join(folder, 'bare');
    cpSync(join(project, 'deploy'), join(bare, 'deploy'), { recursive: true });
    const { code, output } = await runSetUp(bare);
    expect(code).toBe(1);
    expect(lines(output)).toEqual([expect.stringContaining("run 'npm ci'")]);
  });

  it('a device that it knows', async () => {
    const { code, output } = await runSetUp(project, { WINNOW_DEVICE: 'tpu' });
    expect(code).toBe(1);
    expect(lines(output)).toEqual([expect.stringMatching(/WINNOW_DEVICE is 'tpu': set it to cpu or gpu/)]);
  });

  it('a wheel that the index does not have', async () => {
    const offline = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder, WINNOW_CACHE_DIR: join(folder, 'cache') };
    const { code, output } = await runSetUp(project, offline);
    expect(code).toBe(1);
    expect(lines(output).at(-1)).toMatch(/^set-up: tensorflow.*\.whl can't be downloaded: .*PIP_INDEX_URL/);
    expect(output).not.toContain('compiling');
  });
});
