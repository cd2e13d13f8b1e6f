import { create, createFileRegistry, type DescService } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';

const text = (name: string, number: number) => ({
  name,
  number,
  type: Type.STRING,
  label: Label.OPTIONAL,
  oneofIndex: 0,
});
const part = (name: string, number: number, typeName: string) => ({
  name,
  number,
  type: Type.MESSAGE,
  typeName,
  label: Label.OPTIONAL,
});

/** The part of the server reflection protocol that grpcurl uses, as a client sees it. */
export function reflectionService(version: 'v1' | 'v1alpha'): DescService {
  const name = `grpc.reflection.${version}`;
  const file = create(FileDescriptorProtoSchema, {
    name: 'reflection.proto',
    package: name,
    syntax: 'proto3',
    messageType: [
      {
        name: 'Request',
        oneofDecl: [{ name: 'message_request' }],
        field: [text('file_by_filename', 3), text('file_containing_symbol', 4), text('list_services', 7)],
      },
      { name: 'Files', field: [{ name: 'file', number: 1, type: Type.BYTES, label: Label.REPEATED }] },
      { name: 'Service', field: [{ name: 'name', number: 1, type: Type.STRING, label: Label.OPTIONAL }] },
      { name: 'Services', field: [{ ...part('service', 1, `.${name}.Service`), label: Label.REPEATED }] },
      { name: 'Response', field: [part('files', 4, `.${name}.Files`), part('services', 6, `.${name}.Services`)] },
    ],
    service: [
      {
        name: 'ServerReflection',
        method: [
          {
            name: 'ServerReflectionInfo',
            inputType: `.${name}.Request`,
            outputType: `.${name}.Response`,
            clientStreaming: true,
            serverStreaming: true,
          },
        ],
      },
    ],
  });
  return createFileRegistry(file, () => undefined).getService(`${name}.ServerReflection`) as DescService;
}
