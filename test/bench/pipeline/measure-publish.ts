import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CliIo } from '../../../clients/cli/cli-io.ts';
import { startNats } from '../../../clients/cli/cluster/nats.ts';
import { serviceEnvironment } from '../../../clients/cli/cluster/process-env.ts';
import { natsBinary } from '../../../clients/cli/preflight/nats-binary.ts';
import { Contestant } from '../step/contestant.ts';
import { type PublishLine, publishLine } from './pipeline-line.ts';

/** Sizes of index sets: CIFAR-10's and ImageNet's at 30 %, and one too large for a message, which goes as an object. */
export const PUBLISH_CASES = [
  { examples: 50_000, kept: 15_000 },
  { examples: 1_280_000, kept: 384_000 },
  { examples: 1_280_000, kept: 640_000 },
];

/** Rounds before the clock counts: code is compiled, the consumer is there. */
const WARM_UP_ROUNDS = 10;
const NATS_GRACE_MS = 6_000;

/** nats-server, and what publishes and what applies as processes of their own. */
async function withEnds<T>(io: CliIo, work: (ends: { publisher: Contestant; applier: Contestant }) => Promise<T>) {
  const { env, signal } = io;
  const folder = mkdtempSync(join(tmpdir(), 'winnow-bench-pipeline-'));
  const nats = natsBinary(io);
  await nats.find();
  const options = { binary: nats.path(), folder: join(folder, 'nats'), removeFolder: true };
  const server = await startNats({ ...options, logFile: join(folder, 'nats.log') }, signal);
  const file = fileURLToPath(new URL(`./bus-process${extname(import.meta.url)}`, import.meta.url));
  const command = { command: process.execPath, arguments: [file], env: serviceEnvironment({}, env) };
  const publisher = new Contestant({ ...command, name: 'publisher' }, signal);
  const applier = new Contestant({ ...command, name: 'applier' }, signal);
  try {
    // One after the other, as both set up the streams.
    await publisher.ask({ do: 'connect', url: server.url });
    await applier.ask({ do: 'connect', url: server.url });
    return await work({ publisher, applier });
  } finally {
    await Promise.all([publisher.end(), applier.end()]);
    await server.child.stop(NATS_GRACE_MS);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Publishes sets one by one, and waits for each until it can be trained on. */
export function measurePublish(
  cases: typeof PUBLISH_CASES,
  rounds: number,
  onLine: (line: PublishLine) => void,
  io: CliIo,
): Promise<void> {
  return withEnds(io, async ({ publisher, applier }) => {
    for (const size of cases) {
      const runId = randomUUID();
      await applier.ask({ do: 'listen', runId });
      const measured: { ms: number; bytes: number }[] = [];
      for (let round = 0; round < WARM_UP_ROUNDS + rounds; round += 1) {
        const shape = { runId, round, ...size };
        const applied = applier.ask<{ atMs: number }>({ do: 'apply', ...shape });
        const published = publisher.ask<{ atMs: number; bytes: number }>({ do: 'publish', ...shape });
        const [to, from] = await Promise.all([applied, published]);
        if (round >= WARM_UP_ROUNDS) measured.push({ ms: to.atMs - from.atMs, bytes: from.bytes });
      }
      onLine(publishLine(size, measured));
    }
  });
}
