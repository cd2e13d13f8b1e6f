import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

// No package carries Helm; Go checks what it builds against the public checksum database.
const HELM = 'helm.sh/helm/v3/cmd/helm@v3.22.0';
// Kubernetes' own schemas, 1.25 to 1.37, inside.
const KUBERNETES_VALIDATE = 'kubernetes-validate==1.37.0';
// The release that charts are rendered for; Helm built from source believes in an old one.
const KUBE_VERSION = '1.31.0';

const cache = join(process.env.WINNOW_CACHE_DIR ?? join(homedir(), '.cache', 'winnow'), 'test-tools');

/** Whether one of these programs is on PATH: what a test needs, or what can build or fetch it. */
export function hasOne(...programs: string[]): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return programs.some((program) => folders.some((folder) => existsSync(join(folder, program))));
}

/** A folder of the cache, filled once by `make`; whole or not there. */
async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  const scratch = `${folder}.${process.pid}`;
  await mkdir(scratch, { recursive: true });
  try {
    await make(scratch);
    await rename(scratch, folder);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** Runs Helm: the one on PATH, else one that Go builds into the cache (minutes, once). Resolves to its output. */
export async function helm(...args: string[]): Promise<string> {
  const binary = await helmBinary();
  const { stdout } = await run(binary, [...args, '--kube-version', KUBE_VERSION], { maxBuffer: 1 << 26 });
  return stdout;
}

async function helmBinary(): Promise<string> {
  const onPath = await run('helm', ['version']).then(
    () => true,
    () => false,
  );
  if (onPath) return 'helm';
  const folder = await cached('helm-3.22.0', async (GOBIN) => {
    await run('go', ['install', '-trimpath', HELM], { env: { ...process.env, GOBIN, CGO_ENABLED: '0' } });
  });
  return join(folder, 'helm');
}

/** Runs promtool: the one on PATH, else Debian's, unpacked into the cache. Resolves to its output; rejects with it. */
export async function promtool(...args: string[]): Promise<string> {
  const onPath = await run('promtool', ['--version']).then(
    () => true,
    () => false,
  );
  const binary = onPath ? 'promtool' : join(await debianPrometheus(), 'usr/bin/promtool');
  return (await run(binary, args)).stdout;
}

function debianPrometheus(): Promise<string> {
  return cached('debian-prometheus', async (folder) => {
    await run('apt-get', ['download', 'prometheus'], { cwd: folder });
    await run('sh', ['-c', 'dpkg -x prometheus_*.deb . && rm prometheus_*.deb'], { cwd: folder });
  });
}

/** What is wrong with the manifests of a file by Kubernetes' schemas, unknown fields included; kinds of others are left aside. */
export async function kubernetesProblems(file: string): Promise<string[]> {
  const PYTHONPATH = await cached('kubernetes-validate-1.37.0', async (folder) => {
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', folder, KUBERNETES_VALIDATE]);
  });
  const code = 'import sys; from kubernetes_validate.__main__ import main; sys.exit(main())';
  const result = await run('python3', ['-c', code, '--strict', file], {
    env: { ...process.env, PYTHONPATH },
  }).catch((error: { stdout: string; stderr: string }) => error);
  return `${result.stdout}${result.stderr}`
    .split('\n')
    .filter((line) => line && !line.startsWith('INFO') && !/^WARN .*Couldn't find schema/.test(line));
}
