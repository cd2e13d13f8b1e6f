import type { MessageInitShape } from '@bufbuild/protobuf';
import type { UploadedModelSchema, UploadModelRequestSchema } from '../../proto/gen/winnow/v1/training_service_pb.ts';

/** Bytes of a file in one message. */
const CHUNK_BYTES = 1024 * 1024;

/** The messages of UploadModel: what it is, then the file piece by piece. */
export async function* uploadRequests(
  model: MessageInitShape<typeof UploadedModelSchema>,
  file: Uint8Array,
): AsyncGenerator<MessageInitShape<typeof UploadModelRequestSchema>> {
  yield { part: { case: 'model', value: model } };
  for (let start = 0; start < file.length; start += CHUNK_BYTES) {
    yield { part: { case: 'data', value: file.subarray(start, start + CHUNK_BYTES) } };
  }
}
