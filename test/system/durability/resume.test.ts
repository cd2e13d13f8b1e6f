import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectTraining, type TrainingClient } from '../../../clients/node/training-client.ts';
import { type Run, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { LEASE_MS } from '../../../services/platform/bus/streams.ts';
import { outcomeOf } from '../../chaos/outcome.ts';
import { type Processes, startProcesses, type Target } from '../../chaos/processes.ts';
import { eventually } from '../../unit/platform/eventually.ts';
import { untilState } from '../services/follow-run.ts';
import type { SpecInit } from '../services/requests.ts';
import { specs } from './specs.ts';

// A process that starts beside other work takes long to load its tensor library.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const undisturbed = new Map<SpecInit, Run>();
let processes: Processes;
let clients: TrainingClient[];

const target = (name: string): Target => processes.targets.find((one) => one.name === name)!;

type LogLine = { readonly msg: string; readonly run?: string; readonly goesOn?: boolean; readonly time?: string };

function linesOf(name: string, id: string): LogLine[] {
  const lines = readFileSync(join(processes.folder, `${name}.log`), 'utf8').split('\n');
  const parsed: LogLine[] = lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line));
  return parsed.filter(({ run }) => run === id);
}

/** Which replicas have taken a run, one after the other, and whether from a state. */
const takenBy = (id: string) =>
  ['training-0', 'training-1']
    .flatMap((name) => linesOf(name, id).map((line) => ({ ...line, name })))
    .filter(({ msg }) => msg === 'run taken')
    .sort((a, b) => String(a.time).localeCompare(String(b.time)))
    .map(({ name, goesOn }) => ({ name, goesOn }));

/** What a run comes to when nothing happens to it. */
async function reference(spec: SpecInit): Promise<Run> {
  const known = undisturbed.get(spec);
  if (known) return known;
  const { id } = await clients[0].createRun(spec);
  const run = await untilState(clients[0], id, RunState.SUCCEEDED);
  undisturbed.set(spec, run);
  return run;
}

/** Creates a run and waits until some of its epochs are done; which replica trains it, and which is free. */
async function begin(spec: SpecInit, epochs: number) {
  await reference(spec);
  const { id } = await clients[0].createRun(spec);
  for await (const { case: kind, value } of clients[1].watchRun(id)) {
    if (kind === 'run' && value.epochsDone >= epochs) break;
  }
  const [{ name }] = takenBy(id);
  const own = Number(name.slice(-1));
  return {
    id,
    busy: target(name),
    busyClient: clients[own],
    free: `training-${1 - own}`,
    freeClient: clients[1 - own],
  };
}

async function expectSame(client: TrainingClient, id: string, spec: SpecInit): Promise<void> {
  const run = await untilState(client, id, RunState.SUCCEEDED);
  expect(outcomeOf(run)).toEqual(outcomeOf(await reference(spec)));
}

beforeAll(async () => {
  processes = await startProcesses(2);
  clients = processes.training.map((address) => connectTraining(address));
});

afterAll(async () => {
  for (const client of clients) client.close();
  await processes.stop();
});

describe.each(Object.entries(specs))('a %s run comes to the same model, to the bit,', (_name, spec) => {
  it('when who trains it is killed, and another goes on', async () => {
    const { id, busy, free, freeClient } = await begin(spec, 2);
    await busy.kill();
    await expectSame(freeClient, id, spec);
    expect(takenBy(id)).toContainEqual({ name: free, goesOn: true });
    await busy.start();
  });
});

describe('a run', () => {
  it('goes on by itself after all of training was killed, and NATS with it', async () => {
    const { id } = await begin(specs.pruned, 1);
    const killed = ['nats', 'training-0', 'training-1'].map(target);
    await Promise.all(killed.map((one) => one.kill()));
    await killed[0].start();
    await Promise.all(killed.slice(1).map((one) => one.start()));
    await expectSame(clients[0], id, specs.pruned);
  });

  it('is handed over in its midst when a replica is stopped in order, and watched without a break', async () => {
    const { id, busy, busyClient, free, freeClient } = await begin(specs.bulletTrain, 1);
    const watched = untilState(busyClient, id, RunState.QUEUED);
    const stopped = Date.now();
    await busy.stop();
    expect((await watched).epochsDone).toBeGreaterThanOrEqual(1);
    await eventually(() => takenBy(id).some(({ name }) => name === free), LEASE_MS);
    expect(Date.now() - stopped).toBeLessThan(60_000);
    await expectSame(freeClient, id, specs.bulletTrain);
    await busy.start();
  });

  it('is dropped by a replica that was paused until another had taken it', async () => {
    const { id, busy, freeClient, free } = await begin(specs.bulletTrain, 1);
    busy.signal('SIGSTOP');
    await eventually(() => takenBy(id).some(({ name }) => name === free), 60_000);
    busy.signal('SIGCONT');
    await expectSame(freeClient, id, specs.bulletTrain);
    await eventually(() => linesOf(busy.name, id).some(({ msg }) => msg.endsWith('and dropped')), 30_000);
    expect(takenBy(id)).toEqual([
      { name: busy.name, goesOn: false },
      { name: free, goesOn: true },
    ]);
  });
});
