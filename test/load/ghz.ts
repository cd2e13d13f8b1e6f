import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

// No package carries it; Go checks what it builds against the public checksum database.
const GHZ = 'github.com/bojand/ghz/cmd/ghz@v0.121.0';

/** What one run of ghz measured; times in milliseconds. */
export interface GhzReport {
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Calls by gRPC status. */
  readonly statuses: Readonly<Record<string, number>>;
}

interface RawReport {
  readonly count: number;
  readonly rps: number;
  readonly latencyDistribution: readonly { percentage: number; latency: number }[] | null;
  readonly statusCodeDistribution: Readonly<Record<string, number>>;
}

/** The ghz binary: on PATH, else built by Go into the cache, once. */
export async function ghzBinary(): Promise<string> {
  const onPath = await run('ghz', ['--version']).then(
    () => true,
    () => false,
  );
  if (onPath) return 'ghz';
  const folder = join(process.env.WINNOW_CACHE_DIR ?? join(homedir(), '.cache', 'winnow'), 'test-tools', 'ghz-0.121.0');
  const binary = join(folder, 'ghz');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  console.error(`building ${GHZ} with Go, once`);
  await run('go', ['install', '-trimpath', GHZ], { env: { ...process.env, GOBIN: folder, CGO_ENABLED: '0' } });
  return binary;
}

/** Calls a unary method at a steady rate for some seconds, by reflection. */
export async function callAtRate(
  binary: string,
  address: string,
  call: { method: string; data: object; perSecond: number; seconds: number; concurrency: number },
): Promise<GhzReport> {
  const { method, data, perSecond, seconds, concurrency } = call;
  const args = [
    '--insecure',
    '--call',
    method,
    '-d',
    JSON.stringify(data),
    '--rps',
    `${perSecond}`,
    '-z',
    `${seconds}s`,
  ];
  args.push('-c', `${concurrency}`, '--connections', '4', '--duration-stop', 'wait', '-O', 'json', address);
  const { stdout } = await run(binary, args, { maxBuffer: 1 << 28 });
  const report = JSON.parse(stdout) as RawReport;
  const ms = (wanted: number) =>
    (report.latencyDistribution?.find(({ percentage }) => percentage === wanted)?.latency ?? Number.NaN) / 1e6;
  const [p50Ms, p95Ms, p99Ms] = [ms(50), ms(95), ms(99)];
  return {
    calls: report.count,
    callsPerSecond: report.rps,
    p50Ms,
    p95Ms,
    p99Ms,
    statuses: report.statusCodeDistribution,
  };
}
