import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import { Metadata } from '@grpc/grpc-js';
import { BadRequestSchema, ErrorInfoSchema } from '../../../proto/gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../../proto/gen/google/rpc/status_pb.ts';
import { ErrorReason, ErrorReasonSchema } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { FieldViolation } from '../../app-error.ts';

/** What a failed call says beside its code and message. */
export interface StatusDetails {
  readonly reason: ErrorReason;
  readonly fields: readonly FieldViolation[];
}

/** `ErrorInfo.domain` of every error that is ours. */
export const ERROR_DOMAIN = 'winnow';

const TRAILER = 'grpc-status-details-bin';
const REASON_PREFIX = 'ERROR_REASON_';
// gRPC's C core (Python, C++) refuses trailers from 8 KiB on; base64 adds a third, and the message travels beside them.
const LARGEST_FIELDS_BYTES = 3072;

/** The trailer that carries the details. Violations that don't fit into it are left off, from the last. */
export function encodeDetails(code: number, message: string, details: StatusDetails): Metadata {
  const metadata = new Metadata();
  metadata.set(TRAILER, Buffer.from(encode(code, message, details.reason, fieldsThatFit(details.fields))));
  return metadata;
}

function fieldsThatFit(fields: readonly FieldViolation[]): readonly FieldViolation[] {
  let bytes = 0;
  const end = fields.findIndex(({ field, description }) => {
    // Six bytes of tags and lengths, as none of the lengths takes more than two.
    bytes += Buffer.byteLength(field) + Buffer.byteLength(description) + 6;
    return bytes > LARGEST_FIELDS_BYTES;
  });
  return end === -1 ? fields : fields.slice(0, end);
}

function encode(code: number, message: string, reason: ErrorReason, fields: readonly FieldViolation[]): Uint8Array {
  const info = create(ErrorInfoSchema, { reason: reasonName(reason), domain: ERROR_DOMAIN });
  const details = [anyPack(ErrorInfoSchema, info)];
  if (fields.length > 0) {
    const fieldViolations = fields.map(({ field, description }) => ({ field, description }));
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  return toBinary(StatusSchema, create(StatusSchema, { code, message, details }));
}

/** Reads the details from a call's trailers: UNSPECIFIED and no fields where there are none, or they are malformed. */
export function decodeDetails(metadata: Metadata | undefined): StatusDetails {
  const bytes = metadata?.get(TRAILER)[0];
  const none: StatusDetails = { reason: ErrorReason.UNSPECIFIED, fields: [] };
  if (!(bytes instanceof Uint8Array)) return none;
  try {
    return unpack(bytes);
  } catch {
    // The call's own code and message still say what happened.
    return none;
  }
}

function unpack(bytes: Uint8Array): StatusDetails {
  let reason: ErrorReason = ErrorReason.UNSPECIFIED;
  const fields: FieldViolation[] = [];
  for (const any of fromBinary(StatusSchema, bytes).details) {
    const info = anyUnpack(any, ErrorInfoSchema);
    if (info?.domain === ERROR_DOMAIN) reason = reasonNamed(info.reason);
    const bad = anyUnpack(any, BadRequestSchema);
    for (const { field, description } of bad?.fieldViolations ?? []) fields.push({ field, description });
  }
  return { reason, fields };
}

function reasonName(reason: ErrorReason): string {
  const value = ErrorReasonSchema.values.find(({ number }) => number === reason);
  return (value?.name ?? `${REASON_PREFIX}UNSPECIFIED`).slice(REASON_PREFIX.length);
}

function reasonNamed(name: string): ErrorReason {
  const value = ErrorReasonSchema.values.find((candidate) => candidate.name === REASON_PREFIX + name);
  return (value?.number ?? ErrorReason.UNSPECIFIED) as ErrorReason;
}
