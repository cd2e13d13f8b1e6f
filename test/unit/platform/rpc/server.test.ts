import { setTimeout as sleep } from 'node:timers/promises';
import { create, createFileRegistry, type DescService, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ScorerService } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { TrainingService } from '../../../../proto/gen/winnow/v1/training_service_pb.ts';
import { createClient, openChannel, type RpcChannel } from '../../../../services/platform/rpc/client.ts';
import { healthDescriptor } from '../../../../services/platform/rpc/health-descriptor.ts';
import { RpcServer } from '../../../../services/platform/rpc/server.ts';
import { capturedLog } from '../captured-log.ts';
import { eventually } from '../eventually.ts';
import { loopback } from './loopback.ts';
import { reflectionService } from './reflection-service.ts';

interface HealthStatus {
  status: number;
}
interface HealthClient {
  check(request: { service: string }): Promise<HealthStatus>;
  watch(request: { service: string }): AsyncIterable<HealthStatus>;
}
const SERVING = 1;
const NOT_SERVING = 2;

function healthClient(channel: RpcChannel): HealthClient {
  const registry = createFileRegistry(healthDescriptor(), () => undefined);
  return createClient(registry.getService('grpc.health.v1.Health') as DescService, channel) as unknown as HealthClient;
}

describe('health', () => {
  test('there is an entry for the server and one for each service', async () => {
    const { channel, server } = await loopback(TrainingService, {});
    const health = healthClient(channel);
    for (const service of ['', 'winnow.v1.TrainingService']) {
      expect((await health.check({ service })).status).toBe(SERVING);
      server.setServing(false);
      expect((await health.check({ service })).status).toBe(NOT_SERVING);
      server.setServing(true);
    }
    await expect(health.check({ service: 'other' })).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  test('watchers see every change, and do not hold up a shutdown', async () => {
    const { channel, server } = await loopback(TrainingService, {});
    const seen: number[] = [];
    const watching = (async () => {
      for await (const { status } of healthClient(channel).watch({ service: '' })) seen.push(status);
    })();
    await eventually(() => seen.length === 1);
    server.setServing(false);
    server.setServing(true);
    await eventually(() => seen.length === 3);
    const start = Date.now();
    await server.shutdown(20_000);
    await watching;
    expect(seen).toEqual([SERVING, NOT_SERVING, SERVING, NOT_SERVING]);
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  test('a server that said so before it listened starts as not serving', async () => {
    const server = new RpcServer({ log: capturedLog().log });
    server.setServing(false);
    const channel = openChannel(`127.0.0.1:${await server.listen('127.0.0.1:0')}`);
    expect((await healthClient(channel).check({ service: '' })).status).toBe(NOT_SERVING);
    channel.close();
    await server.shutdown(0);
  });
});

type ReflectionResponse = { services?: { service: { name: string }[] }; files?: { file: Uint8Array[] } };
type ReflectionClient = {
  serverReflectionInfo(requests: AsyncIterable<unknown>): AsyncIterable<ReflectionResponse>;
};

describe.each(['v1', 'v1alpha'] as const)('reflection %s', (version) => {
  async function ask(channel: RpcChannel, kind: string, value: string): Promise<ReflectionResponse> {
    const client = createClient(reflectionService(version), channel) as unknown as ReflectionClient;
    async function* requests() {
      yield { messageRequest: { case: kind, value } };
    }
    for await (const response of client.serverReflectionInfo(requests())) return response;
    return expect.unreachable('no response');
  }

  test('lists the services', async () => {
    const { channel } = await loopback(TrainingService, {});
    const { services } = await ask(channel, 'listServices', '*');
    const names = services?.service.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['winnow.v1.TrainingService', 'grpc.health.v1.Health']));
  });

  test('a client can be made from nothing but what it returns, all imports included', async () => {
    const { channel } = await loopback(TrainingService, { getRun: async ({ runId }) => ({ run: { id: runId } }) });
    const { files } = await ask(channel, 'fileContainingSymbol', 'winnow.v1.TrainingService');
    const file = files?.file.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes)) ?? [];
    // Descriptors are linked in the order of their imports.
    const sorted: typeof file = [];
    while (sorted.length < file.length) {
      const ready = file.find((candidate) => {
        const missing = candidate.dependency.filter((name) => !sorted.some((done) => done.name === name));
        return !sorted.includes(candidate) && missing.length === 0;
      });
      if (!ready) expect.unreachable(`an import is missing among ${file.map(({ name }) => name)}`);
      else sorted.push(ready);
    }
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: sorted }));
    const service = registry.getService('winnow.v1.TrainingService') as DescService;
    const client = createClient(service, channel) as unknown as { getRun(request: unknown): Promise<{ run: unknown }> };
    expect((await client.getRun({ runId: 'abc' })).run).toMatchObject({ id: 'abc' });
  });

  test.each(['google.rpc.ErrorInfo', 'google.rpc.BadRequest', 'winnow.v1.SelectionSpec', 'grpc.health.v1.Health'])(
    'knows %s',
    async (symbol) => {
      const { channel } = await loopback(TrainingService, {});
      expect((await ask(channel, 'fileContainingSymbol', symbol)).files?.file.length).toBeGreaterThan(0);
    },
  );
});

describe('listening and shutting down', () => {
  test('a web proxy is not asked for services on this machine', async () => {
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { client } = await loopback(TrainingService, { listRuns: async () => ({ nextPageToken: 'a' }) });
    expect((await client.listRuns({}, { timeoutMs: 5_000 })).nextPageToken).toBe('a');
  });

  test('a port that is taken is named', async () => {
    const { address } = await loopback(TrainingService, {});
    const second = new RpcServer({ log: capturedLog().log });
    await expect(second.listen(address)).rejects.toThrow(address);
    await second.shutdown(0);
  });

  test('running calls may end, new ones are refused', async () => {
    const { client, server } = await loopback(TrainingService, {
      getRun: async ({ runId }) => {
        await sleep(300);
        return { run: { id: runId } };
      },
    });
    const running = client.getRun({ runId: 'last' });
    await sleep(100);
    const stopping = server.shutdown(10_000);
    expect((await running).run?.id).toBe('last');
    await stopping;
    await expect(client.getRun({}, { timeoutMs: 2_000 })).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  test('calls that do not end in time get UNAVAILABLE and their handlers an aborted signal', async () => {
    const signals: AbortSignal[] = [];
    const { client, server, channel } = await loopback(TrainingService, {
      getRun: (_, { signal }) => {
        signals.push(signal);
        return new Promise<never>(() => {});
      },
      async *watchRun(_, { signal }) {
        signals.push(signal);
        yield {};
        await new Promise<never>(() => {});
      },
    });
    const watching = (async () => {
      for await (const _ of createClient(TrainingService, channel).watchRun({}));
    })();
    const unary = client.getRun({});
    const failed = [unary, watching].map((call) => expect(call).rejects.toMatchObject({ code: status.UNAVAILABLE }));
    await eventually(() => signals.length === 2);
    await server.shutdown(50);
    await Promise.all(failed);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  test('several services on one server', async () => {
    const server = new RpcServer({ log: capturedLog().log });
    server.add(ScorerService, {
      describeScorer: async () => ({ scorer: { name: 'a' } }),
      checkReady: async () => ({ ready: true }),
      async *scoreExamples() {
        yield {};
      },
    });
    server.add(TrainingService, {} as never);
    const channel = openChannel(`127.0.0.1:${await server.listen('127.0.0.1:0')}`);
    expect((await createClient(ScorerService, channel).describeScorer({})).scorer?.name).toBe('a');
    expect((await healthClient(channel).check({ service: 'winnow.v1.ScorerService' })).status).toBe(SERVING);
    channel.close();
    await server.shutdown(0);
  });
});
