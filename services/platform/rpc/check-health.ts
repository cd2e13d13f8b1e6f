import { create, createFileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { CallOptions } from './call-options.ts';
import type { RpcChannel } from './channel.ts';
import { callUnary } from './client-calls.ts';
import { healthDescriptor } from './health-descriptor.ts';

const SERVING = 1;

/** Asks a server by grpc.health.v1 whether it serves. Throws an RpcError where it does not answer. */
export async function checkHealth(channel: RpcChannel, options?: CallOptions): Promise<boolean> {
  const files = create(FileDescriptorSetSchema, { file: [healthDescriptor()] });
  const check = createFileRegistry(files)
    .getService('grpc.health.v1.Health')
    ?.methods.find(({ name }) => name === 'Check');
  if (!check) throw new Error('the health descriptor has no Check');
  const answer = (await callUnary(channel, check, {}, options)) as unknown as { status?: number };
  return answer.status === SERVING;
}
