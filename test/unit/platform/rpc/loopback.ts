import { create, createFileRegistry, type DescService } from '@bufbuild/protobuf';
import type { GenService } from '@bufbuild/protobuf/codegenv2';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { onTestFinished } from 'vitest';
import {
  type DescribeScorerResponseSchema,
  file_winnow_v1_scorer_service,
  type ScoreExamplesRequestSchema,
} from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import {
  createClient,
  openChannel,
  type RpcChannel,
  type RpcClient,
} from '../../../../services/platform/rpc/client.ts';
import { RpcServer } from '../../../../services/platform/rpc/server.ts';
import type { ServiceImpl } from '../../../../services/platform/rpc/service-impl.ts';
import { capturedLog, type LogLine } from '../captured-log.ts';

/** A server, and a client that reaches it over a socket. */
export interface Loopback<S extends DescService> {
  readonly client: RpcClient<S>;
  readonly channel: RpcChannel;
  readonly server: RpcServer;
  readonly address: string;
  readonly lines: LogLine[];
}

/** Serves some methods of a service on a free port until the test ends; the others are unimplemented. */
export async function loopback<S extends DescService>(
  service: S,
  implementation: Partial<ServiceImpl<S>>,
  options: { maxMessageBytes?: number; clientMaxMessageBytes?: number; maxCalls?: number } = {},
): Promise<Loopback<S>> {
  const { log, lines } = capturedLog();
  const server = new RpcServer({ log, ...options });
  server.add(service, implementation as ServiceImpl<S>);
  const address = `127.0.0.1:${await server.listen('127.0.0.1:0')}`;
  const { clientMaxMessageBytes } = options;
  const channel = openChannel(address, clientMaxMessageBytes ? { maxMessageBytes: clientMaxMessageBytes } : {});
  onTestFinished(async () => {
    channel.close();
    await server.shutdown(0);
  });
  return { client: createClient(service, channel), channel, server, address, lines };
}

type CollectMethods = {
  collect: {
    methodKind: 'client_streaming';
    input: typeof ScoreExamplesRequestSchema;
    output: typeof DescribeScorerResponseSchema;
  };
};

/** A service with a client-streaming method, the one kind that Winnow's own services don't have. */
export const CollectService = collectService();

function collectService(): GenService<CollectMethods> {
  const file = create(FileDescriptorProtoSchema, {
    name: 'test/v1/collect.proto',
    package: 'test.v1',
    syntax: 'proto3',
    dependency: ['winnow/v1/scorer_service.proto'],
    service: [
      {
        name: 'CollectService',
        method: [
          {
            name: 'Collect',
            inputType: '.winnow.v1.ScoreExamplesRequest',
            outputType: '.winnow.v1.DescribeScorerResponse',
            clientStreaming: true,
          },
        ],
      },
    ],
  });
  const registry = createFileRegistry(file, () => file_winnow_v1_scorer_service);
  return registry.getService('test.v1.CollectService') as unknown as GenService<CollectMethods>;
}
