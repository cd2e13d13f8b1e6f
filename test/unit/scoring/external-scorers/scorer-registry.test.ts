import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ScorerService } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ListScorersResponseSchema } from '../../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { openStore } from '../../../../services/platform/bus/key-value.ts';
import { SCORER_BUCKET } from '../../../../services/platform/bus/streams.ts';
import { keepConfigured } from '../../../../services/scoring/external-scorers/keep-configured.ts';
import { AllowedAddresses } from '../../../../services/scoring/external-scorers/scorer-address.ts';
import { ScorerRegistry } from '../../../../services/scoring/external-scorers/scorer-registry.ts';
import { describedFor, scorerStore } from '../../../../services/training/known-scorers.ts';
import { startNatsServer } from '../../../system/nats-server.ts';
import { sharedNatsServer, testBus, untilTestEnds } from '../../platform/bus/test-bus.ts';
import { capturedLog } from '../../platform/captured-log.ts';
import { eventually } from '../../platform/eventually.ts';
import { loopback } from '../../platform/rpc/loopback.ts';
import { described, labelScorer, shortLimits } from './scorer-server.ts';

const shared = sharedNatsServer();

/** A registry over an empty bucket, of a replica with these configured addresses. */
async function replica(configured: readonly string[] = []) {
  const { bus } = await testBus(shared.server);
  const store = openStore(bus, SCORER_BUCKET, ListScorersResponseSchema);
  const allowed = new AllowedAddresses(configured, ['127.0.0.1']);
  return { bus, store, registry: new ScorerRegistry({ store, allowed, limits: shortLimits }) };
}

/** A scorer that describes itself as it is told to. */
async function scorer(first: Parameters<typeof described>[0]) {
  const now = { description: described(first) };
  const { address } = await loopback(
    ScorerService,
    labelScorer({ describeScorer: async () => ({ scorer: now.description }) }),
  );
  return { address, now };
}

describe('registration', () => {
  test('makes a scorer known to all replicas and to the training service, until it is forgotten', async () => {
    const { registry } = await replica();
    const { registry: other, bus } = await replica();
    const { address, now } = await scorer({ name: 'shared-one' });
    await registry.register(address);
    expect(await other.find('shared-one')).toMatchObject({ address, configured: false });
    const names = async () => (await describedFor(scorerStore(bus), 'shared-one')).map(({ name }) => name);
    expect(await names()).toContain('shared-one');
    now.description = described({ name: 'shared-one', version: '2' });
    await other.register(address);
    expect((await registry.find('shared-one')).description.version).toBe('2');
    await registry.unregister('shared-one');
    await expect(other.find('shared-one')).rejects.toMatchObject({ reason: ErrorReason.UNKNOWN_SCORER });
    expect(await names()).not.toContain('shared-one');
    await expect(registry.unregister('shared-one')).rejects.toMatchObject({ reason: ErrorReason.UNKNOWN_SCORER });
  });

  test.each([
    ['a built-in name', { name: 'random' }, ErrorReason.INVALID_FIELD],
    ['a description that breaks the contract', { name: 'no-version', version: '' }, ErrorReason.INVALID_FIELD],
  ])('refuses %s', async (_, description, reason) => {
    const { registry } = await replica();
    const { address } = await scorer(description);
    await expect(registry.register(address)).rejects.toMatchObject({ reason });
    expect((await registry.list()).map(({ address: known }) => known)).not.toContain(address);
  });

  test('refuses the name of a configured scorer at another address', async () => {
    const [configured, rival] = [await scorer({ name: 'contested' }), await scorer({ name: 'contested' })];
    const { registry } = await replica([configured.address]);
    await registry.register(configured.address, { configured: true });
    await expect(registry.register(rival.address)).rejects.toThrow(configured.address);
    // registering the very scorer again leaves it configured
    await registry.register(configured.address);
    expect(await registry.find('contested')).toMatchObject({ address: configured.address, configured: true });
    await expect(registry.unregister('contested')).rejects.toMatchObject({ reason: ErrorReason.WRONG_STATE });
    await registry.forgetOthers([]);
    await expect(registry.find('contested')).rejects.toMatchObject({ reason: ErrorReason.UNKNOWN_SCORER });
  });

  test('a listing does not wait for a bus that is away', async () => {
    const server = await startNatsServer();
    const { bus } = await testBus(server);
    const store = openStore(bus, SCORER_BUCKET, ListScorersResponseSchema);
    const registry = new ScorerRegistry({ store, allowed: new AllowedAddresses([], ['*']), limits: shortLimits });
    const { address } = await scorer({ name: 'remembered' });
    await registry.register(address);
    const known = await registry.listSoon();
    expect(known).toMatchObject([{ address }]);
    await server.kill();
    expect(await registry.listSoon()).toEqual(known);
    await bus.close();
    await server.stop();
  });

  test('a name that is none is not looked for', async () => {
    const { registry } = await replica();
    await expect(registry.find('a.>/*')).rejects.toMatchObject({ reason: ErrorReason.UNKNOWN_SCORER });
  });
});

describe('configuration', () => {
  test('makes scorers known that come up, and says of others what is wrong', async () => {
    const [good, bad] = [await scorer({ name: 'configured-one' }), await scorer({ name: 'el2n' })];
    const addresses = [good.address, bad.address, '127.0.0.1:1'];
    const { registry } = await replica(addresses);
    const { log, lines } = capturedLog();
    const { signal } = untilTestEnds();
    void keepConfigured(registry, addresses, { log, signal });
    await eventually(() => lines.length >= 3);
    expect(await registry.find('configured-one')).toMatchObject({ address: good.address, configured: true });
    const reasons = lines.map(({ reason }) => String(reason));
    expect(reasons).toContainEqual(expect.stringContaining("named 'el2n'"));
    expect(reasons).toContainEqual(expect.stringContaining('127.0.0.1:1 is away'));
  });

  test('a configured scorer that another replica no longer has is forgotten', async () => {
    const { address } = await scorer({ name: 'dropped-one' });
    const { registry } = await replica([address]);
    await registry.register(address, { configured: true });
    const { signal } = untilTestEnds();
    await keepConfigured(registry, [], { log: capturedLog().log, signal });
    await expect(registry.find('dropped-one')).rejects.toMatchObject({ reason: ErrorReason.UNKNOWN_SCORER });
  });
});
