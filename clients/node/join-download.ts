import { createHash } from 'node:crypto';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { DownloadModelResponse } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError } from '../../services/app-error.ts';

/** Joins the pieces of a downloaded model; throws CORRUPT_CHECKPOINT where size or SHA-256 differ from what was announced. */
export async function joinDownload(pieces: AsyncIterable<DownloadModelResponse>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const hash = createHash('sha256');
  let announced: DownloadModelResponse['checkpoint'];
  for await (const { checkpoint, data } of pieces) {
    announced ??= checkpoint;
    hash.update(data);
    chunks.push(data);
  }
  const file = Buffer.concat(chunks);
  if (announced === undefined) throw corrupt('the download names no checkpoint');
  if (BigInt(file.length) !== announced.sizeBytes) {
    throw corrupt(`${file.length} bytes arrived of ${announced.sizeBytes}`);
  }
  const sha256 = hash.digest('hex');
  if (sha256 !== announced.sha256) throw corrupt(`SHA-256 is ${sha256}, not ${announced.sha256}`);
  return file;
}

function corrupt(what: string): AppError {
  return new AppError(ErrorReason.CORRUPT_CHECKPOINT, `model: ${what}; download it again`);
}
