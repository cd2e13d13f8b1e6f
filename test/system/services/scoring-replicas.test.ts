import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { projectPaths } from '../../../clients/cli/cluster/project-paths.ts';
import { type LocalService, startService } from '../../../clients/cli/cluster/service.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import type { Bus } from '../../../services/platform/bus/connection.ts';
import { listObjects } from '../../../services/platform/bus/objects.ts';
import { SHARD_ANSWER_STREAM, SHARD_BUCKET, SHARD_STREAM } from '../../../services/platform/bus/streams.ts';
import { askRound, askUncut, type RoundSpec } from '../../bench/scale/ask-round.ts';
import { setBytes } from '../../bench/scale/set-bytes.ts';
import { eventually } from '../../unit/platform/eventually.ts';
import { type NatsServer, startNatsServer } from '../nats-server.ts';
import { objective, smallCnn } from './requests.ts';
import { connectTestBus } from './test-bus.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

/** Five shards, each of seconds, so that there is time to end a replica in the midst of one. */
const EXAMPLES = 4_500;
const SCORER = 'adv-grad-match';
const LOADING_MS = 120_000;

const spec: RoundSpec = {
  dataset: { name: 'mnist', trainExamples: EXAMPLES, testExamples: 100 },
  model: smallCnn,
  objective: objective(ObjectiveKind.TRADES),
  selection: { scorer: SCORER, fraction: 0.1, attack: { epsilon: 0.2, stepSize: 0.08, steps: 3 } },
  seed: 7n,
};

let nats: NatsServer;
let bus: Bus;
let folder: string;
let request: RoundSpec;
let undisturbed: Uint8Array;
const replicas = new Map<string, LocalService>();

async function start(name: string): Promise<string> {
  const replica = startService({
    name: 'scoring',
    servicesFolder: projectPaths().services,
    listen: '127.0.0.1:0',
    natsUrl: nats.url,
    dataRoot: join(folder, 'data'),
    logLevel: 'debug',
    logFile: join(folder, `${name}.log`),
  });
  replicas.set(name, replica);
  return replica.address;
}

async function kill(name: string): Promise<void> {
  const { child } = replicas.get(name)!;
  child.kill();
  await child.exited;
}

/** What a replica has logged of a run. */
function logged(name: string, run: string, text: string): unknown[] {
  const lines = readFileSync(join(folder, `${name}.log`), 'utf8').split('\n');
  const parsed = lines.filter((line) => line.startsWith('{') && line.endsWith('}')).map((line) => JSON.parse(line));
  return parsed.filter((line) => line.run === run && line.msg.includes(text));
}

const measured = (name: string, run: string) => logged(name, run, 'a shard is measured').length;
const ask = (runId: string) => askRound(bus, { runId, round: 0 }, request, AbortSignal.timeout(240_000));

async function expectNothingLeft(): Promise<void> {
  const messages = async (stream: string) => (await bus.manager.streams.info(stream)).state.messages;
  await expect.poll(() => messages(SHARD_STREAM), { timeout: 20_000 }).toBe(0);
  await expect.poll(() => messages(SHARD_ANSWER_STREAM), { timeout: 20_000 }).toBe(0);
  await expect.poll(() => listObjects(bus, SHARD_BUCKET), { timeout: 20_000 }).toEqual([]);
}

beforeAll(async () => {
  nats = await startNatsServer();
  folder = mkdtempSync(join(tmpdir(), 'winnow-replicas-'));
  mkdirSync(join(folder, 'data'));
  symlinkSync(projectPaths().mnist, join(folder, 'data', 'mnist'));
  const address = await start('first');
  bus = await connectTestBus(nats.url);
  const uncut = await askUncut(address, spec, SCORER);
  request = { ...spec, datasetFingerprint: uncut.datasetFingerprint };
  undisturbed = setBytes(uncut);
});

afterAll(async () => {
  await bus?.close();
  await Promise.all([...replicas.keys()].map(kill));
  await nats.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a round in shards', () => {
  it('gives, with one replica, the set of a round that is not cut, and leaves nothing behind', async () => {
    const run = randomUUID();
    expect(setBytes(await ask(run))).toEqual(undisturbed);
    expect(measured('first', run)).toBe(5);
    await expectNothingLeft();
  });

  it('gives the same set when two replicas share it', async () => {
    await start('second');
    // libraries and data set are loaded with the first shard
    await ask(randomUUID());
    const run = randomUUID();
    expect(setBytes(await ask(run))).toEqual(undisturbed);
    expect(measured('first', run)).toBeGreaterThan(0);
    expect(measured('second', run)).toBeGreaterThan(0);
    expect(measured('first', run) + measured('second', run)).toBe(5);
  });

  it.each(['the one that gathers', 'another'])('gives the same set when %s is killed in its midst', async (which) => {
    const run = randomUUID();
    const asked = ask(run);
    const owns = (name: string) => logged(name, run, 'the round is measured in shards').length > 0;
    await eventually(() => owns('first') || owns('second'), LOADING_MS);
    const owner = owns('first') ? 'first' : 'second';
    const other = owner === 'first' ? 'second' : 'first';
    await eventually(() => measured('first', run) + measured('second', run) > 0, LOADING_MS);
    const killed = which === 'another' ? other : owner;
    await kill(killed);
    const before = measured(killed, run) + measured(killed === owner ? other : owner, run);
    expect(before).toBeLessThan(5);
    expect(setBytes(await asked)).toEqual(undisturbed);
    // what was finished before is not measured again
    expect(measured('first', run) + measured('second', run)).toBeLessThanOrEqual(6);
    await start(killed);
    await expectNothingLeft();
  });
});
