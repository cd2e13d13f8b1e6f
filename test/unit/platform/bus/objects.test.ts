import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { AppError } from '../../../../services/app-error.ts';
import { deleteObject, getObject, putObject } from '../../../../services/platform/bus/objects.ts';
import {
  CHECKPOINT_BUCKET,
  HISTORY_BUCKET,
  INDEX_SET_BUCKET,
  SCORE_BUCKET,
} from '../../../../services/platform/bus/streams.ts';
import { sha256Hex } from '../../../../services/platform/sha256.ts';
import { startNatsServer } from '../../../system/nats-server.ts';
import { newRunId, sharedNatsServer, testBus } from './test-bus.ts';

const shared = sharedNatsServer();
const CHUNKS = `$O.${CHECKPOINT_BUCKET}.C.`;

describe('objects', () => {
  test('come back as they were stored', async () => {
    const { bus } = await testBus(shared.server);
    const sizes = fc.oneof(fc.nat(10), fc.nat(300_000), fc.constant(128 * 1024), fc.constant(3 * 1024 * 1024));
    await fc.assert(
      fc.asyncProperty(sizes, async (size) => {
        const bytes = randomBytes(size);
        const name = newRunId();
        const stored = await putObject(bus, CHECKPOINT_BUCKET, name, bytes);
        expect(stored).toEqual({ sha256: sha256Hex(bytes), sizeBytes: size });
        const fetched = await getObject(bus, CHECKPOINT_BUCKET, name, { sha256: stored.sha256 });
        expect(Buffer.compare(fetched, bytes)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  test('storing the same bytes again writes nothing, other bytes replace them', async () => {
    const { bus } = await testBus(shared.server);
    const name = newRunId();
    const written = async () => (await bus.manager.streams.info(`OBJ_${CHECKPOINT_BUCKET}`)).state.last_seq;
    await putObject(bus, CHECKPOINT_BUCKET, name, Buffer.from('one'));
    const before = await written();
    await putObject(bus, CHECKPOINT_BUCKET, name, Buffer.from('one'));
    expect(await written()).toBe(before);
    await putObject(bus, CHECKPOINT_BUCKET, name, Buffer.from('two'));
    expect(Buffer.from(await getObject(bus, CHECKPOINT_BUCKET, name)).toString()).toBe('two');
  });

  test('deleting, twice, and what is missing', async () => {
    const { bus } = await testBus(shared.server);
    const name = newRunId();
    await putObject(bus, CHECKPOINT_BUCKET, name, Buffer.from('x'));
    await deleteObject(bus, CHECKPOINT_BUCKET, name);
    await deleteObject(bus, CHECKPOINT_BUCKET, name);
    await deleteObject(bus, CHECKPOINT_BUCKET, 'never there');
    await expect(getObject(bus, CHECKPOINT_BUCKET, name)).rejects.toMatchObject({
      reason: ErrorReason.UNKNOWN_CHECKPOINT,
    });
    await putObject(bus, CHECKPOINT_BUCKET, name, Buffer.from('x'));
    expect(await getObject(bus, CHECKPOINT_BUCKET, name)).toHaveLength(1);
  });

  test('the reasons are those of the bucket, or those given', async () => {
    const { bus } = await testBus(shared.server);
    await expect(getObject(bus, INDEX_SET_BUCKET, 'x')).rejects.toMatchObject({
      reason: ErrorReason.UNKNOWN_INDEX_SET,
    });
    const missing = ErrorReason.UNKNOWN_RUN;
    await expect(getObject(bus, INDEX_SET_BUCKET, 'x', { missing })).rejects.toMatchObject({ reason: missing });
  });
});

describe.each([SCORE_BUCKET, HISTORY_BUCKET])('the bucket %s', (bucket) => {
  test('gives its oldest objects away for new ones', async () => {
    const { bus } = await testBus(shared.server);
    const stream = `OBJ_${bucket}`;
    const { config } = await bus.manager.streams.info(stream);
    expect(config.max_age).toBeGreaterThan(0);
    await bus.manager.streams.update(stream, { max_bytes: 1024 * 1024 });
    const objects = Array.from({ length: 5 }, (_, i) => ({ name: `${newRunId()}.${i}`, bytes: randomBytes(400_000) }));
    for (const { name, bytes } of objects) await putObject(bus, bucket, name, bytes);
    await bus.manager.streams.update(stream, { max_bytes: config.max_bytes });
    for (const [i, { name, bytes }] of objects.entries()) {
      const fetching = getObject(bus, bucket, name);
      if (i >= 3) expect(Buffer.compare(await fetching, bytes)).toBe(0);
      else {
        const { reason } = await fetching.then(
          () => expect.unreachable(`object ${i} is still there`),
          (error: AppError) => error,
        );
        expect([ErrorReason.UNKNOWN_INDEX_SET, ErrorReason.INVALID_INDEX_SET]).toContain(reason);
      }
    }
  });
});

describe('damaged objects', () => {
  const corrupt = { reason: ErrorReason.CORRUPT_CHECKPOINT };

  test('another digest than the one asked for', async () => {
    const { bus } = await testBus(shared.server);
    const name = newRunId();
    await putObject(bus, CHECKPOINT_BUCKET, name, Buffer.from('x'));
    const sha256 = sha256Hex(Buffer.from('y'));
    await expect(getObject(bus, CHECKPOINT_BUCKET, name, { sha256 })).rejects.toMatchObject(corrupt);
  });

  test('a chunk that changed', async () => {
    const { bus } = await testBus(shared.server);
    const name = newRunId();
    await putObject(bus, CHECKPOINT_BUCKET, name, randomBytes(300_000));
    const store = await bus.jetstream.views.os(CHECKPOINT_BUCKET);
    const info = await store.info(name);
    await bus.jetstream.publish(CHUNKS + info?.nuid, Buffer.from('more'));
    await expect(getObject(bus, CHECKPOINT_BUCKET, name)).rejects.toMatchObject(corrupt);
  });

  test('a chunk that is gone', async () => {
    const { bus } = await testBus(shared.server);
    const name = newRunId();
    await putObject(bus, CHECKPOINT_BUCKET, name, randomBytes(300_000));
    const info = await (await bus.jetstream.views.os(CHECKPOINT_BUCKET)).info(name);
    const chunk = await bus.manager.streams.getMessage(`OBJ_${CHECKPOINT_BUCKET}`, {
      last_by_subj: CHUNKS + info?.nuid,
    });
    await bus.manager.streams.deleteMessage(`OBJ_${CHECKPOINT_BUCKET}`, chunk.seq);
    await expect(getObject(bus, CHECKPOINT_BUCKET, name)).rejects.toMatchObject(corrupt);
  });

  test('all chunks gone', async () => {
    const { bus } = await testBus(shared.server);
    const name = newRunId();
    await putObject(bus, CHECKPOINT_BUCKET, name, randomBytes(300_000));
    const info = await (await bus.jetstream.views.os(CHECKPOINT_BUCKET)).info(name);
    await bus.manager.streams.purge(`OBJ_${CHECKPOINT_BUCKET}`, { filter: CHUNKS + info?.nuid });
    await expect(getObject(bus, CHECKPOINT_BUCKET, name)).rejects.toMatchObject(corrupt);
  });
});

describe('while the server is away', () => {
  test('storing and fetching wait for it', async () => {
    const server = await startNatsServer();
    const { bus } = await testBus(server);
    const bytes = randomBytes(5 * 1024 * 1024);
    const storing = putObject(bus, CHECKPOINT_BUCKET, 'a', bytes);
    await sleep(20);
    await server.kill();
    await sleep(300);
    await server.start();
    await storing;
    const fetching = getObject(bus, CHECKPOINT_BUCKET, 'a');
    await sleep(10);
    await server.kill();
    await sleep(300);
    await server.start();
    expect(Buffer.compare(await fetching, bytes)).toBe(0);
    await bus.close();
    await server.stop();
  }, 60_000);
});
