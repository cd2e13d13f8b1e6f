import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { file_google_rpc_error_details } from '../../../proto/gen/google/rpc/error_details_pb.ts';
import { healthDescriptor } from './health-descriptor.ts';

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

/** Adds gRPC server reflection (v1 and v1alpha) for the given services and for health. */
export function addReflection(server: Server, services: readonly DescService[]): void {
  const files = new Map<string, DescFile>();
  // The details of errors are of no method's type, yet callers want to read them.
  for (const file of [...services.map((service) => service.file), file_google_rpc_error_details]) {
    collectFiles(file, files);
  }
  const protos = [...[...files.values()].map((file) => file.proto), healthDescriptor()];
  const fileDescriptorProtos = protos.map((proto) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)));
  // The reflection package reads nothing but the descriptors of a definition, whatever its name.
  const definition = { files: { format: 'protobuf-es', type: {}, fileDescriptorProtos } };
  new ReflectionService(definition as unknown as PackageDefinition).addToServer(server);
}

function collectFiles(file: DescFile, into: Map<string, DescFile>): void {
  if (into.has(file.name)) return;
  into.set(file.name, file);
  for (const dependency of file.dependencies) collectFiles(dependency, into);
}
