import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { peerPython } from '../bench/peers/peer-python.ts';
import { INSTALL_TIMEOUT_MS, pythonPackage } from './python-environment.ts';

describe('the generated code of the Python package', { timeout: INSTALL_TIMEOUT_MS }, () => {
  it('is what the proto files give', async () => {
    const generator = await peerPython(join(pythonPackage, 'requirements-generate.txt'), { log: () => {} });
    const { stdout } = await promisify(execFile)(generator, [join(pythonPackage, 'generate.py'), '--check']);
    expect(stdout).toContain('up to date');
  });
});
