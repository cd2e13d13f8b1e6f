import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type RpcChannel } from '../../../services/platform/rpc/client.ts';
import { reflectionService } from '../../unit/platform/rpc/reflection-service.ts';
import { healthClient, SERVING } from './health-client.ts';
import { type Stack, startStack } from './stack.ts';

type ReflectionResponse = { services?: { service: { name: string }[] }; files?: { file: Uint8Array[] } };
type ReflectionClient = {
  serverReflectionInfo(requests: AsyncIterable<unknown>): AsyncIterable<ReflectionResponse>;
};

let stack: Stack;

beforeAll(async () => {
  stack = await startStack('scoring', 'training');
});

afterAll(() => stack.stop());

async function reflect(channel: RpcChannel, kind: string, value: string): Promise<ReflectionResponse> {
  const client = createClient(reflectionService('v1'), channel) as unknown as ReflectionClient;
  async function* request() {
    yield { messageRequest: { case: kind, value } };
  }
  for await (const response of client.serverReflectionInfo(request())) return response;
  throw new Error('reflection gave no answer');
}

describe.each([
  { name: 'scoring', service: 'winnow.v1.ScoringService', method: 'ScoreDataset' },
  { name: 'training', service: 'winnow.v1.TrainingService', method: 'CreateRun' },
] as const)('the $name service', ({ name, service, method }) => {
  let channel: RpcChannel;

  beforeAll(async () => {
    const client = await stack[name]();
    channel = stack.channel(client.address);
  });

  it('lists itself and the health service by reflection', async () => {
    const { services } = await reflect(channel, 'listServices', '');
    expect(services?.service.map((listed) => listed.name)).toEqual(
      expect.arrayContaining([service, 'grpc.health.v1.Health']),
    );
  });

  it('describes its methods by reflection', async () => {
    const { files } = await reflect(channel, 'fileContainingSymbol', service);
    const protos = files!.file.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    const described = protos.flatMap((file) => file.service).find((one) => service.endsWith(`.${one.name}`));
    expect(described!.method.map((one) => one.name)).toContain(method);
  });

  it('says that it serves, as a whole and for each service', async () => {
    const health = healthClient(channel);
    expect((await health.check({ service: '' })).status).toBe(SERVING);
    expect((await health.check({ service })).status).toBe(SERVING);
    for await (const { status: now } of health.watch({ service })) {
      expect(now).toBe(SERVING);
      break;
    }
    await expect(health.check({ service: 'winnow.v1.NoSuchService' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
  });
});
