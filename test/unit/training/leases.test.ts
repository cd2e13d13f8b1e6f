import { setTimeout as sleep } from 'node:timers/promises';
import { BytesValueSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { openStore } from '../../../services/platform/bus/key-value.ts';
import { listObjects } from '../../../services/platform/bus/objects.ts';
import { CHECKPOINT_BUCKET, LEASE_BUCKET, LEASE_MS } from '../../../services/platform/bus/streams.ts';
import { Leases } from '../../../services/training/leases.ts';
import { claimRun, type RunClaim } from '../../../services/training/run-claim.ts';
import { RunStates } from '../../../services/training/run-states.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { newRunId, sharedNatsServer, testBus } from '../platform/bus/test-bus.ts';
import { capturedLog } from '../platform/captured-log.ts';
import { eventually } from '../platform/eventually.ts';

const shared = sharedNatsServer();

/** A process's part in it. */
async function process() {
  const { bus } = await testBus(shared.server);
  const dependencies = { leases: new Leases(bus), states: new RunStates(bus), log: capturedLog().log };
  const claim = async (id: string): Promise<RunClaim> => {
    const claimed = await claimRun(dependencies, id);
    if (!claimed) throw new Error(`run ${id} is another's`);
    return claimed;
  };
  /** Ends the lease as if it had not been renewed in time. */
  const expire = async (id: string) => {
    const store = openStore(bus, LEASE_BUCKET, BytesValueSchema);
    await store.remove(id, (await store.get(id))!.revision);
  };
  return { bus, claim, expire, ...dependencies };
}

const filesOf = async (bus: Parameters<typeof listObjects>[0], id: string) =>
  (await listObjects(bus, CHECKPOINT_BUCKET)).filter((name) => name.startsWith(`state.${id}.`));

describe('a lease', () => {
  test('is one process’s at a time, for as long as it is renewed, and free at once when given back', async () => {
    const [one, other] = await Promise.all([process(), process()]);
    const name = newRunId();
    const contest = await Promise.all([one, other].map(({ leases }) => leases.acquire(name)));
    const [lease] = contest.filter((taken) => taken !== undefined);
    expect(contest).toContain(undefined);
    await sleep(1.5 * LEASE_MS);
    expect(lease!.lost.aborted).toBe(false);
    expect(await other.leases.held()).toContain(name);
    expect(await other.leases.acquire(name)).toBeUndefined();
    await lease!.release();
    const next = await one.leases.acquire(name);
    expect(next).toBeDefined();
    await next!.release();
    expect(await one.leases.held()).not.toContain(name);
  });

  test('of a process that is gone runs out by the server’s clock', async () => {
    const [gone, other] = await Promise.all([process(), process()]);
    const name = newRunId();
    await gone.leases.acquire(name);
    await gone.bus.close();
    const taken = Date.now();
    while (!(await other.leases.acquire(name))) await sleep(100);
    expect(Date.now() - taken).toBeLessThan(LEASE_MS + 3_000);
  });

  test('that ran out is taken again where nobody has it, and lost where somebody does', async () => {
    const [one, other] = await Promise.all([process(), process()]);
    const name = newRunId();
    const lease = await one.leases.acquire(name);
    await one.expire(name);
    await sleep(LEASE_MS / 2);
    expect(lease!.lost.aborted).toBe(false);
    expect(await one.leases.held()).toContain(name);
    await one.expire(name);
    const taken = await other.leases.acquire(name);
    await eventually(() => lease!.lost.aborted);
    await lease!.release();
    expect(await one.leases.held()).toContain(name);
    await taken!.release();
  });
});

describe('a claimed run', () => {
  test('has one state at a time, which the next process goes on from', async () => {
    const [one, other] = await Promise.all([process(), process()]);
    const id = newRunId();
    const first = await one.claim(id);
    expect(first.state).toBeUndefined();
    await first.commit(Uint8Array.of(1));
    await first.commit(Uint8Array.of(2));
    expect(await filesOf(one.bus, id)).toHaveLength(1);
    await expect(other.claim(id)).rejects.toThrow('another');
    await first.release();
    const second = await other.claim(id);
    expect(second.starts).toBe(1);
    expect([...(await other.states.fetch(second.state!))]).toEqual([2]);
    await second.finish();
    expect(await filesOf(one.bus, id)).toEqual([]);
    expect(await one.states.get(id)).toBeUndefined();
  });

  test('refuses whatever a process writes that lost it, before that process knows', async () => {
    const [late, other] = await Promise.all([process(), process()]);
    const id = newRunId();
    const lost = await late.claim(id);
    await lost.commit(Uint8Array.of(1));
    await late.expire(id);
    const taken = await other.claim(id);
    await taken.commit(Uint8Array.of(2));
    await expectAppError(lost.commit(Uint8Array.of(3)), ErrorReason.WRONG_STATE);
    expect(lost.lost.aborted).toBe(true);
    expect(await lost.isValid()).toBe(false);
    expect(await taken.isValid()).toBe(true);
    await lost.release();
    await lost.finish();
    // neither the lease nor the state of who has it now is touched
    expect(await other.leases.held()).toContain(id);
    expect([...(await other.states.fetch((await other.states.get(id))!.value.state!))]).toEqual([2]);
    expect(await filesOf(other.bus, id)).toHaveLength(1);
    await taken.finish();
  });

  test('counts starts until it gets on, and forgets what a crash left half stored', async () => {
    const one = await process();
    const id = newRunId();
    for (let starts = 1; starts < 4; starts++) {
      const claim = await one.claim(id);
      expect(claim.starts).toBe(starts);
      if (starts === 3) {
        await claim.commit(Uint8Array.of(1));
        await one.states.store(id, Uint8Array.of(9));
        await claim.tidy();
        expect(await filesOf(one.bus, id)).toEqual([claim.state!.name]);
        await claim.finish();
      }
      await one.expire(id).catch(() => {});
    }
  });
});
