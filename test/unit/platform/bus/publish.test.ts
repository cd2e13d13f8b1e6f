import { setTimeout as sleep } from 'node:timers/promises';
import { nanos, StorageType } from 'nats';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { SelectionFinishedSchema } from '../../../../proto/gen/winnow/v1/events_pb.ts';
import { connectBus } from '../../../../services/platform/bus/connection.ts';
import { lastMessage } from '../../../../services/platform/bus/last-message.ts';
import { publish } from '../../../../services/platform/bus/publish.ts';
import {
  ensureStreams,
  INDEX_SET_STREAM,
  indexSetSubject,
  REQUEST_STREAM,
  selectionRequestedSubject,
  subjectTemplate,
} from '../../../../services/platform/bus/streams.ts';
import { startNatsServer } from '../../../system/nats-server.ts';
import { capturedLog } from '../captured-log.ts';
import { newRunId, sharedNatsServer, testBus } from './test-bus.ts';

const shared = sharedNatsServer();

describe('publishing', () => {
  test('a message with the same id is stored once', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    const send = (round: number) =>
      publish(bus, indexSetSubject(runId, 0), SelectionFinishedSchema, { runId, round }, { messageId: `${runId}.0` });
    expect(await send(1)).toMatchObject({ duplicate: false });
    expect(await send(2)).toMatchObject({ duplicate: true });
    expect(
      await lastMessage(bus, INDEX_SET_STREAM, indexSetSubject(runId, '*'), SelectionFinishedSchema),
    ).toMatchObject({ runId, round: 1 });
  });

  test('the last message of a subject that has none', async () => {
    const { bus } = await testBus(shared.server);
    const subject = indexSetSubject(newRunId(), '*');
    expect(await lastMessage(bus, INDEX_SET_STREAM, subject, SelectionFinishedSchema)).toBeUndefined();
  });

  test('waits while the server is away, and the message is stored once', async () => {
    const server = await startNatsServer();
    const { bus, lines } = await testBus(server);
    const runId = newRunId();
    await server.kill();
    const sends = [0, 1, 2].map((round) =>
      publish(
        bus,
        indexSetSubject(runId, round),
        SelectionFinishedSchema,
        { runId, round },
        { messageId: `${runId}.${round}` },
      ),
    );
    await sleep(6_000);
    await server.start();
    await Promise.all(sends);
    const { state } = await bus.manager.streams.info(INDEX_SET_STREAM);
    expect(state.messages).toBe(3);
    expect(lines.some(({ msg }) => msg.startsWith('publishing winnow.v1.index_set'))).toBe(true);
    await bus.close();
    await server.stop();
  }, 60_000);

  test('the signal ends the waiting', async () => {
    const server = await startNatsServer();
    const { bus } = await testBus(server);
    await server.stop();
    const options = { messageId: 'a', signal: AbortSignal.timeout(300) };
    const sending = publish(bus, indexSetSubject('r', 0), SelectionFinishedSchema, {}, options);
    await expect(sending).rejects.toMatchObject({ reason: ErrorReason.CANCELLED });
  });

  test('on a closed bus it fails at once', async () => {
    const { bus } = await testBus(shared.server);
    await bus.close();
    const sending = publish(bus, indexSetSubject('r', 0), SelectionFinishedSchema, {}, { messageId: 'a' });
    await expect(sending).rejects.toMatchObject({ reason: ErrorReason.BUS_UNAVAILABLE });
  });

  test('a full stream is OVERLOADED and names the remedy', async () => {
    const { bus } = await testBus(shared.server);
    await bus.manager.streams.add({ name: 'SMALL', subjects: ['small.>'], max_msgs: 1, discard: 'new' as never });
    const send = (messageId: string) => publish(bus, 'small.a', SelectionFinishedSchema, {}, { messageId });
    await send('1');
    await expect(send('2')).rejects.toMatchObject({
      reason: ErrorReason.OVERLOADED,
      message: expect.stringContaining('storage'),
    });
  });

  test('a message that is too large says what to do', async () => {
    const { bus } = await testBus(shared.server);
    const runId = 'x'.repeat(2 * 1024 * 1024);
    const sending = publish(bus, indexSetSubject('r', 0), SelectionFinishedSchema, { runId }, { messageId: 'a' });
    await expect(sending).rejects.toThrow(/store them as an object/);
  });
});

describe('the streams', () => {
  test('are bounded, on disk, and drop duplicates for two minutes', async () => {
    const { bus } = await testBus(shared.server);
    for (const name of [
      REQUEST_STREAM,
      INDEX_SET_STREAM,
      'OBJ_winnow-checkpoints',
      'OBJ_winnow-index-sets',
      'OBJ_winnow-scores',
      'OBJ_winnow-histories',
      'KV_winnow-runs',
      'KV_winnow-evaluations',
    ]) {
      const { config } = await bus.manager.streams.info(name);
      expect(config).toMatchObject({ storage: StorageType.File, max_bytes: expect.any(Number) });
      expect(config.max_bytes).toBeGreaterThan(0);
    }
    const evaluations = await bus.manager.streams.info('KV_winnow-evaluations');
    expect(evaluations.config.max_age).toBe(nanos(7 * 24 * 3600 * 1000));
    const { config } = await bus.manager.streams.info(REQUEST_STREAM);
    expect(config).toMatchObject({ duplicate_window: nanos(120_000), retention: 'workqueue', discard: 'new' });
  });

  test('a server with too little storage for them says so', async () => {
    const server = await startNatsServer({ maxStoreBytes: 1024 ** 3 });
    await expect(testBus(server)).rejects.toMatchObject({
      reason: ErrorReason.OVERLOADED,
      message: expect.stringContaining('give JetStream more storage'),
    });
    await server.stop();
  });

  test('services that set them up at the same moment all succeed, where the storage is just enough', async () => {
    const server = await startNatsServer({ maxStoreBytes: 8 * 1024 ** 3 });
    const connections = await Promise.all(
      Array.from({ length: 6 }, () => connectBus({ servers: server.url, name: 'test', log: capturedLog().log })),
    );
    await Promise.all(connections.map((bus) => ensureStreams(bus)));
    await Promise.all(connections.map((bus) => bus.close()));
    await server.stop();
  });

  test('setting them up again brings changed limits back', async () => {
    const { bus } = await testBus(shared.server);
    await bus.manager.streams.update(INDEX_SET_STREAM, { max_age: nanos(3600_000) });
    await ensureStreams(bus);
    await ensureStreams(bus);
    expect((await bus.manager.streams.info(INDEX_SET_STREAM)).config.max_age).toBe(nanos(30 * 24 * 3600_000));
  });

  test('a server that lost its storage gets them again', async () => {
    const server = await startNatsServer();
    const { bus } = await testBus(server);
    await bus.manager.streams.delete(INDEX_SET_STREAM);
    await server.kill();
    await server.start();
    const sent = await publish(bus, indexSetSubject('r', 0), SelectionFinishedSchema, {}, { messageId: 'a' });
    expect(sent.sequence).toBe(1);
    await bus.close();
    await server.stop();
  });
});

describe('subjects', () => {
  test('carry run and round', () => {
    expect(selectionRequestedSubject('r-1', 2)).toBe('winnow.v1.selection.requested.r-1.2');
    expect(indexSetSubject('r-1', 2)).toBe('winnow.v1.index_set.r-1.2');
    expect(indexSetSubject('r-1', '*')).toBe('winnow.v1.index_set.r-1.*');
  });

  test.each(['', 'a.b', 'a b', '>', 'a*'])('refuse the run id "%s"', (runId) => {
    expect(() => selectionRequestedSubject(runId, 0)).toThrow(/run_id/);
    expect(() => indexSetSubject(runId, 0)).toThrow(/run_id/);
  });

  test('have a template without ids', () => {
    expect(subjectTemplate(selectionRequestedSubject('r', 0))).toBe('winnow.v1.selection.requested');
    expect(subjectTemplate(indexSetSubject('r', 0))).toBe('winnow.v1.index_set');
    expect(subjectTemplate('other.subject')).toBe('other.subject');
  });
});
