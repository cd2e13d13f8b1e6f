import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';

/** Encodes a message for grpc-js; throws where a value doesn't fit its field. */
export function encodeMessage<D extends DescMessage>(schema: D, message: MessageInitShape<D>): Buffer {
  const bytes = toBinary(schema, create(schema, message));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Decodes a request; bytes that are no such message are the caller's fault (INVALID_FIELD). */
export function decodeRequest<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw new AppError(ErrorReason.INVALID_FIELD, `the request is not a valid ${schema.typeName}`, { cause });
  }
}

/** grpc-js is handed bytes both ways: what it says of a failed decoding has the wrong status. */
export const passBytes = (bytes: Buffer): Buffer => bytes;

/** The path of a method in HTTP/2, as gRPC defines it. */
export function methodPath(method: { readonly name: string; readonly parent: { readonly typeName: string } }): string {
  return `/${method.parent.typeName}/${method.name}`;
}
