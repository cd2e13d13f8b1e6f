import { setTimeout as sleep } from 'node:timers/promises';
import { type ObjectInfo, type ObjectStore, StorageType } from 'nats';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import { sha256Hex } from '../sha256.ts';
import type { Bus } from './connection.ts';
import { whileAway } from './retry.ts';
import { CHECKPOINT_BUCKET } from './streams.ts';

/** What is stored under a name. */
export interface StoredObject {
  /** SHA-256, lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** What getObject checks, and what it calls failures. */
export interface GetObjectOptions {
  /** The SHA-256 the object has to have, lower-case hex. */
  readonly sha256?: string | undefined;
  /** Why there is no such object; UNKNOWN_CHECKPOINT where not given, or what is fitting for the bucket. */
  readonly missing?: ErrorReason | undefined;
  /** Why the object is not what it should be; CORRUPT_CHECKPOINT where not given, or what is fitting for the bucket. */
  readonly corrupt?: ErrorReason | undefined;
  readonly signal?: AbortSignal | undefined;
}

// Storing a chunk of 128 KiB takes longer than a message when hundreds of them are written at once.
const PUT_TIMEOUT_MS = 60_000;
// Without this, an object that loses its chunks while it is read would be waited for for ever.
const GET_TIMEOUT_MS = 60_000;

/** Stores an object; does nothing where the same bytes are there under this name already. */
export function putObject(bus: Bus, bucket: string, name: string, bytes: Uint8Array): Promise<StoredObject> {
  const stored = { sha256: sha256Hex(bytes), sizeBytes: bytes.length };
  return whileAway(bus, { what: `storing ${bucket}/${name}` }, async () => {
    const store = await openBucket(bus, bucket);
    const present = await findObject(store, name);
    if (present && digestHex(present) === stored.sha256) return stored;
    await store.putBlob({ name }, bytes, { timeout: PUT_TIMEOUT_MS });
    return stored;
  });
}

/** Fetches an object and checks its digest. */
export function getObject(bus: Bus, bucket: string, name: string, options: GetObjectOptions = {}): Promise<Uint8Array> {
  const what = `${bucket}/${name}`;
  return whileAway(bus, { what: `fetching ${what}`, signal: options.signal }, async () => {
    const store = await openBucket(bus, bucket);
    const info = await findObject(store, name);
    if (!info) throw new AppError(options.missing ?? defaultReasons(bucket).missing, `${what} is not in the store`);
    const sha256 = options.sha256 ?? digestHex(info);
    const complete = digestHex(info) === sha256 && (await hasAllChunks(bus, bucket, info));
    const bytes = complete ? await download(store, name) : undefined;
    if (bytes && sha256Hex(bytes) === sha256) return bytes;
    const corrupt = options.corrupt ?? defaultReasons(bucket).corrupt;
    throw new AppError(corrupt, `${what} is damaged: it is not the object with SHA-256 ${sha256}; store it again`);
  });
}

/** Deletes an object; does nothing where there is none. */
export function deleteObject(bus: Bus, bucket: string, name: string): Promise<void> {
  return whileAway(bus, { what: `deleting ${bucket}/${name}` }, async () => {
    const store = await openBucket(bus, bucket);
    if (await findObject(store, name)) await store.delete(name);
  });
}

/** The names of a bucket's objects. */
export function listObjects(bus: Bus, bucket: string): Promise<string[]> {
  return whileAway(bus, { what: `listing ${bucket}` }, async () => {
    const objects = await (await openBucket(bus, bucket)).list();
    return objects.filter(({ deleted }) => !deleted).map(({ name }) => name);
  });
}

function openBucket(bus: Bus, bucket: string): Promise<ObjectStore> {
  return bus.jetstream.views.os(bucket, { storage: StorageType.File });
}

async function findObject(store: ObjectStore, name: string): Promise<ObjectInfo | undefined> {
  const info = await store.info(name);
  return info === null || info.deleted ? undefined : info;
}

/** Whether an object's chunks are there; reading one without any would wait for them. The names are NATS' ADR-20. */
async function hasAllChunks(bus: Bus, bucket: string, { nuid, chunks }: ObjectInfo): Promise<boolean> {
  const subject = `$O.${bucket}.C.${nuid}`;
  const { state } = await bus.manager.streams.info(`OBJ_${bucket}`, { subjects_filter: subject });
  return (state.subjects?.[subject] ?? 0) >= chunks;
}

/** The bytes of an object; undefined where they are not those that were stored, or don't come. */
async function download(store: ObjectStore, name: string): Promise<Uint8Array | undefined> {
  const timeUp = sleep(GET_TIMEOUT_MS, undefined, { ref: false });
  const bytes = store.getBlob(name).catch((error: unknown) => {
    if (error instanceof Error && error.message.includes('corrupt object')) return undefined;
    throw error;
  });
  return (await Promise.race([bytes, timeUp])) ?? undefined;
}

/** The store writes digests as `SHA-256=` and base64url. */
function digestHex({ digest }: ObjectInfo): string {
  return Buffer.from(digest.replace(/^SHA-256=/, ''), 'base64url').toString('hex');
}

function defaultReasons(bucket: string): { missing: ErrorReason; corrupt: ErrorReason } {
  return bucket === CHECKPOINT_BUCKET
    ? { missing: ErrorReason.UNKNOWN_CHECKPOINT, corrupt: ErrorReason.CORRUPT_CHECKPOINT }
    : { missing: ErrorReason.UNKNOWN_INDEX_SET, corrupt: ErrorReason.INVALID_INDEX_SET };
}
