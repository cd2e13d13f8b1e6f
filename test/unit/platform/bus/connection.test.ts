import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connectBus } from '../../../../services/platform/bus/connection.ts';
import { startNatsServer } from '../../../system/nats-server.ts';
import { capturedLog } from '../captured-log.ts';
import { eventually } from '../eventually.ts';

describe('connecting to the bus', () => {
  test('waits for a server that comes later, and says so', async () => {
    const server = await startNatsServer();
    await server.kill();
    const { log, lines } = capturedLog();
    const connecting = connectBus({ servers: server.url, name: 'early', log });
    await eventually(() => lines.length > 0);
    expect(lines[0]?.msg).toContain(server.url);
    await server.start();
    const bus = await connecting;
    expect(bus.closed).toBe(false);
    await bus.close();
    expect(bus.closed).toBe(true);
    await bus.close();
    await server.stop();
  });

  test('gives up when the signal aborts', async () => {
    const signal = AbortSignal.timeout(200);
    const connecting = connectBus({ servers: 'nats://127.0.0.1:1', name: 'never', log: capturedLog().log, signal });
    await expect(connecting).rejects.toThrow('cancelled');
  });

  test('a lost connection is made again, and both are logged', async () => {
    const server = await startNatsServer();
    const { log, lines } = capturedLog();
    const bus = await connectBus({ servers: `nats://127.0.0.1:1, ${server.url}`, name: 'lost', log });
    let regained = 0;
    bus.onRegained(() => regained++);
    await server.kill();
    await eventually(() => lines.some(({ msg }) => msg.includes('away')));
    await sleep(500);
    await server.start();
    await eventually(() => regained === 1, 20_000);
    expect(lines.some(({ msg }) => msg.includes('back'))).toBe(true);
    await bus.close();
    await server.stop();
  });

  test('closing ends within seconds while the server is away', async () => {
    const server = await startNatsServer();
    const bus = await connectBus({ servers: server.url, name: 'closing', log: capturedLog().log });
    await server.stop();
    const start = Date.now();
    await bus.close();
    expect(Date.now() - start).toBeLessThan(10_000);
  });
});
