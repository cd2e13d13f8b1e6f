import { fromBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { ScorerService } from '../../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { methodPath, passBytes } from '../../../../../services/platform/rpc/message-codec.ts';
import { type AnyImpl, methodHandler } from '../../../../../services/platform/rpc/method-handler.ts';
import { capturedLog } from '../../../platform/captured-log.ts';
import type { ScorerImpl } from './check-served.ts';

/** Serves a scorer that takes bytes it can't decode for an empty message, until the test ends. */
export async function serveLeniently(impl: ScorerImpl): Promise<string> {
  const server = new Server();
  const definition: Record<string, ServiceDefinition[string]> = {};
  const handlers: UntypedServiceImplementation = {};
  for (const method of ScorerService.methods) {
    const requestDeserialize = (bytes: Buffer) => {
      try {
        fromBinary(method.input, bytes);
        return bytes;
      } catch {
        return Buffer.alloc(0);
      }
    };
    const isStream = method.methodKind === 'bidi_streaming';
    definition[method.localName] = {
      path: methodPath(method),
      requestStream: isStream,
      responseStream: isStream,
      requestDeserialize,
      requestSerialize: passBytes,
      responseSerialize: passBytes,
      responseDeserialize: passBytes,
    };
    const handler = impl[method.localName as keyof ScorerImpl] as AnyImpl;
    handlers[method.localName] = methodHandler(method, handler, { log: capturedLog().log, scopes: new Set() });
  }
  server.addService(definition, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  onTestFinished(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}
