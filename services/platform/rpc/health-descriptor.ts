import { create } from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';

const NAME = 'grpc.health.v1';

/**
 * The descriptor of grpc.health.v1 (grpc/health/v1/health.proto), for reflection. The one that grpc-health-check could
 * give is made by protobufjs, which misnames map entries and qualifies no type: clients refuse it.
 */
export function healthDescriptor(): FileDescriptorProto {
  return create(FileDescriptorProtoSchema, {
    name: 'grpc/health/v1/health.proto',
    package: NAME,
    syntax: 'proto3',
    messageType: [
      { name: 'HealthCheckRequest', field: [text('service', 1)] },
      { name: 'HealthCheckResponse', field: [servingStatus], enumType: [servingStatuses] },
      { name: 'HealthListRequest' },
      { name: 'HealthListResponse', field: [statuses], nestedType: [statusesEntry] },
    ],
    service: [
      {
        name: 'Health',
        method: [
          method('Check', 'HealthCheckRequest', 'HealthCheckResponse'),
          method('List', 'HealthListRequest', 'HealthListResponse'),
          { ...method('Watch', 'HealthCheckRequest', 'HealthCheckResponse'), serverStreaming: true },
        ],
      },
    ],
  });
}

const text = (name: string, number: number) => ({ name, number, label: Label.OPTIONAL, type: Type.STRING });

const servingStatuses = {
  name: 'ServingStatus',
  value: ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'].map((name, number) => ({ name, number })),
};

const servingStatus = {
  name: 'status',
  number: 1,
  label: Label.OPTIONAL,
  type: Type.ENUM,
  typeName: `.${NAME}.HealthCheckResponse.ServingStatus`,
};

const statuses = {
  name: 'statuses',
  number: 1,
  label: Label.REPEATED,
  type: Type.MESSAGE,
  typeName: `.${NAME}.HealthListResponse.StatusesEntry`,
};

const statusesEntry = {
  name: 'StatusesEntry',
  options: { mapEntry: true },
  field: [
    text('key', 1),
    {
      name: 'value',
      number: 2,
      label: Label.OPTIONAL,
      type: Type.MESSAGE,
      typeName: `.${NAME}.HealthCheckResponse`,
    },
  ],
};

const method = (name: string, input: string, output: string) => ({
  name,
  inputType: `.${NAME}.${input}`,
  outputType: `.${NAME}.${output}`,
});
