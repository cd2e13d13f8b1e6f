import { status } from '@grpc/grpc-js';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { connectTraining } from '../../../clients/node/training-client.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { TrainingService } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import { createModel } from '../../../services/numerics/models/model.ts';
import { encodeSafetensors } from '../../../services/numerics/models/safetensors.ts';
import { getObject } from '../../../services/platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../../../services/platform/bus/streams.ts';
import { createClient, openChannel } from '../../../services/platform/rpc/client.ts';
import { sha256Hex } from '../../../services/platform/sha256.ts';
import { WorkThread } from '../../../services/platform/thread/work-thread.ts';
import { ModelUploads } from '../../../services/training/upload-model.ts';
import { scriptedServer } from '../clients/scripted-server.ts';
import { compileWorker } from '../compile-worker.ts';
import { sharedNatsServer, testBus } from '../platform/bus/test-bus.ts';

const nats = sharedNatsServer();
const uploadThread = new WorkThread(
  await compileWorker(new URL('../../../services/training/worker.ts', import.meta.url)),
  { data: { dataRoot: '/nowhere' } },
);
afterAll(() => uploadThread.close());

const uploaded = {
  model: { architecture: 'resnet', depth: 8, width: 2 },
  classes: 3,
  image: { height: 16, width: 16, channels: 1 },
};

function fileOf(classes = 3): Uint8Array {
  const normalisation = { mean: [0.2], std: [0.4] };
  const model = createModel({ spec: uploaded.model, image: uploaded.image, classes, normalisation, seed: 3n });
  const file = encodeSafetensors(model.weights.snapshot(), { format: 'pt', note: 'ours' });
  model.dispose();
  return file;
}

async function service() {
  const { bus } = await testBus(nats.server);
  const uploads = new ModelUploads({ bus, uploadThread });
  const { address } = await scriptedServer({
    training: { uploadModel: (requests, context) => uploads.upload(requests, context) },
  });
  const client = connectTraining(address);
  onTestFinished(() => client.close());
  return { bus, client };
}

describe('an uploaded model', () => {
  test('is stored under its hash, the same each time', async () => {
    const { bus, client } = await service();
    const file = fileOf();
    const checkpoint = await client.uploadModel(uploaded, file);
    expect(checkpoint).toMatchObject({ sha256: sha256Hex(file), sizeBytes: BigInt(file.length) });
    expect(await client.uploadModel(uploaded, file)).toEqual(checkpoint);
    const stored = await getObject(bus, CHECKPOINT_BUCKET, checkpoint.sha256, { sha256: checkpoint.sha256 });
    expect(Buffer.from(stored).equals(file)).toBe(true);
  });

  test.each([
    ['model.classes', { classes: 1 }],
    ['model.image', { image: undefined }],
    ['model.image.height', { image: { height: 0, width: 16, channels: 1 } }],
    ['model.image.width', { image: { height: 16, width: 1025, channels: 1 } }],
    ['model.image.channels', { image: { height: 16, width: 16, channels: 2 } }],
    ['model.model.architecture', { model: undefined }],
    ['model.model.architecture', { model: { architecture: 'vgg' } }],
    ['model.model.architecture', { image: { height: 4, width: 4, channels: 1 } }],
    ['model.model.depth', { model: { architecture: 'resnet', depth: 9 } }],
    ['model.mean', { mean: [1, 2] }],
    ['model.mean', { mean: [Number.NaN] }],
    ['model.std', { std: [0] }],
  ])('is refused by the field %s of what is said of it', async (field, changes) => {
    const { client } = await service();
    const call = client.uploadModel({ ...uploaded, ...changes } as typeof uploaded, fileOf());
    await expect(call).rejects.toMatchObject({ fields: [{ field }] });
  });

  test.each([
    ['linear.weight has shape [4,8], expected [3,8]', fileOf(4)],
    ['is no valid safetensors file', new Uint8Array(100).fill(7)],
    ['is no valid safetensors file', fileOf().subarray(0, 5_000)],
    ['is missing; send the file', new Uint8Array(0)],
  ])('is refused where its file %s', async (message, file) => {
    const { client } = await service();
    const error = await client.uploadModel(uploaded, file).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, fields: [{ field: 'data' }] });
    expect(error.message).toContain(message);
  });

  test('comes after what it is, without another such message between', async () => {
    const { client } = await service();
    const channel = openChannel(client.address);
    onTestFinished(() => channel.close());
    const model = { part: { case: 'model' as const, value: uploaded } };
    const data = { part: { case: 'data' as const, value: fileOf() } };
    for (const [messages, field] of [
      [[data], 'model'],
      [[], 'model'],
      [[model, data, model], 'data'],
      [[model, data, {}], 'data'],
    ] as const) {
      const call = createClient(TrainingService, channel).uploadModel(
        (async function* () {
          yield* messages as unknown as (typeof model)[];
        })(),
      );
      await expect(call).rejects.toMatchObject({ fields: [{ field }] });
    }
  });

  test('waits for its turn outside: a few come at a time, and a cancelled one makes room', async () => {
    const { client } = await service();
    const channel = openChannel(client.address);
    onTestFinished(() => channel.close());
    const stop = new AbortController();
    const hanging = Array.from({ length: 2 }, () =>
      createClient(TrainingService, channel)
        .uploadModel(
          (async function* () {
            yield { part: { case: 'model' as const, value: uploaded } };
            await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
          })(),
          { signal: stop.signal },
        )
        .catch((error: { code: number }) => error.code),
    );
    await expect
      .poll(() => client.uploadModel(uploaded, fileOf()).catch((error: { reason: number }) => error.reason))
      .toBe(ErrorReason.OVERLOADED);
    stop.abort();
    expect(await Promise.all(hanging)).toEqual([status.CANCELLED, status.CANCELLED]);
    await expect.poll(() => client.uploadModel(uploaded, fileOf()).then(({ sizeBytes }) => sizeBytes > 0)).toBe(true);
  });
});
