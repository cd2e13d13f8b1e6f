import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { environmentName, peerPython } from '../../../bench/peers/peer-python.ts';

const HAS_VENV =
  spawnSync('python3', ['-m', 'pip', '--version']).status === 0 &&
  spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0;
const folders: string[] = [];

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'winnow-peer-'));
  folders.push(made);
  return made;
}

function requirements(text: string): string {
  const file = join(folder(), 'requirements.txt');
  writeFileSync(file, text);
  return file;
}

afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

describe('the name of an environment', () => {
  it('differs by requirements, Python and whether dependencies are installed', () => {
    const names = [
      environmentName('torch==1', '3.11', false),
      environmentName('torch==2', '3.11', false),
      environmentName('torch==1', '3.12', false),
      environmentName('torch==1', '3.11', true),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(names[0]).toMatch(/^3\.11-[0-9a-f]{12}$/);
  });
});

describe('the Python of a peer', () => {
  it('needs python3, and says so', async () => {
    const env = { PATH: folder(), WINNOW_CACHE_DIR: folder() };
    await expect(peerPython(requirements(''), { env })).rejects.toThrow(/python3 is not on PATH: install it/);
  });

  it.skipIf(!HAS_VENV)('is made once, and again only where it no longer starts', { timeout: 240_000 }, async () => {
    const cache = folder();
    const lines: string[] = [];
    const options = { env: { ...process.env, WINNOW_CACHE_DIR: cache }, log: (line: string) => lines.push(line) };
    const file = requirements('# nothing to install\n');
    const python = await peerPython(file, options);
    expect(
      spawnSync(python, ['-c', 'import sys; print(sys.prefix != sys.base_prefix)'], { encoding: 'utf8' }).stdout,
    ).toBe('True\n');
    const told = lines.length;
    expect(told).toBeGreaterThan(0);
    expect(await peerPython(file, options)).toBe(python);
    expect(lines).toHaveLength(told);
    rmSync(python);
    expect(await peerPython(file, options)).toBe(python);
    expect(spawnSync(python, ['-c', '']).status).toBe(0);
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
  });

  it.skipIf(!HAS_VENV)('says what pip said, and leaves nothing half-made', { timeout: 240_000 }, async () => {
    const cache = folder();
    const env = { ...process.env, WINNOW_CACHE_DIR: cache, PIP_NO_INDEX: '1', PIP_FIND_LINKS: '' };
    const made = peerPython(requirements('winnow-no-such-package==1.0\n'), { env, log: () => {} });
    await expect(made).rejects.toThrow(/pip could not install .*requirements\.txt[\s\S]*winnow-no-such-package==1\.0/);
    expect(readdirSync(cache)).toEqual(['tmp']);
  });
});
