import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type Bus, connectBus } from '../../../../services/platform/bus/connection.ts';
import { ensureStreams } from '../../../../services/platform/bus/streams.ts';
import { type NatsServer, startNatsServer } from '../../../system/nats-server.ts';
import { capturedLog, type LogLine } from '../captured-log.ts';

/** One server for all tests of a file; call at its top level. */
export function sharedNatsServer(): { readonly server: NatsServer } {
  const shared = {} as { server: NatsServer };
  beforeAll(async () => {
    shared.server = await startNatsServer();
  });
  afterAll(() => shared.server?.stop());
  return shared;
}

/** A connection of this test's own, with the streams set up. */
export async function testBus(server: NatsServer): Promise<{ bus: Bus; lines: LogLine[] }> {
  const { log, lines } = capturedLog();
  const bus = await connectBus({ servers: server.url, name: 'test', log });
  onTestFinished(() => bus.close());
  await ensureStreams(bus);
  return { bus, lines };
}

/** A run id that no other test uses. */
export function newRunId(): string {
  return randomUUID();
}

/** A signal that aborts when the test ends, and can be aborted before. */
export function untilTestEnds(): AbortController {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  return controller;
}
