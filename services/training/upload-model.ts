import type { MessageInitShape } from '@bufbuild/protobuf';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import type {
  UploadedModel,
  UploadModelRequest,
  UploadModelResponseSchema,
} from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError, invalidField } from '../app-error.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { putObject } from '../platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../platform/bus/streams.ts';
import { nextWithin } from '../platform/next-within.ts';
import type { CallContext } from '../platform/rpc/call-context.ts';
import { sha256Hex } from '../platform/sha256.ts';
import type { WorkThread } from '../platform/thread/work-thread.ts';
import { resolveModel } from '../spec/model.ts';
import { renameField } from '../spec/rename-field.ts';
import type { AdoptRequest } from './adopt-model.ts';

/** The largest robust model published, a WideResNet-70-16 of 267 million weights, takes 1,018 MiB. */
const MOST_BYTES = 1024 * 1024 * 1024;

/** Each holds its file, and while it is checked its tensors as well. */
const MOST_UPLOADS = 2;

/** A link that gives nothing for longer is gone. */
const LONGEST_PAUSE_MS = 2 * 60_000;

const MOST_CLASSES = 65_536;
const LARGEST_SIDE = 1024;

/** What uploading works with. */
export interface UploadDependencies {
  readonly bus: Bus;
  /** Checks files; a thread of its own, so that no one waits for an evaluation under way. */
  readonly uploadThread: Pick<WorkThread, 'run'>;
}

function perChannel(name: 'mean' | 'std', values: readonly number[], channels: number): readonly number[] {
  const field = `model.${name}`;
  if (values.length !== 0 && values.length !== channels) {
    throw invalidField(field, `has ${values.length} values for ${channels} channels; give one for each, or none`);
  }
  const least = name === 'std' ? Number.MIN_VALUE : Number.NEGATIVE_INFINITY;
  const wrong = values.find((value) => !(Number.isFinite(value) && value >= least));
  if (wrong === undefined) return values;
  throw invalidField(field, `${wrong} is not a finite number${name === 'std' ? ' above 0' : ''}`);
}

/** The request's first message, checked. INVALID_FIELD below `model`, UNKNOWN_MODEL. */
function resolveUpload(uploaded: UploadedModel): Omit<AdoptRequest, 'file'> {
  const { classes, mean, std } = uploaded;
  if (classes < 2 || classes > MOST_CLASSES) {
    throw invalidField('model.classes', `${classes} is not in [2, ${MOST_CLASSES}]`);
  }
  if (!uploaded.image) throw invalidField('model.image', 'is missing; give height, width and channels');
  const { height, width, channels } = uploaded.image;
  for (const [name, side] of Object.entries({ height, width })) {
    if (side < 1 || side > LARGEST_SIDE) {
      throw invalidField(`model.image.${name}`, `${side} is not in [1, ${LARGEST_SIDE}]`);
    }
  }
  if (channels !== 1 && channels !== 3) throw invalidField('model.image.channels', `${channels} is not 1 or 3`);
  return {
    model: resolveModel(uploaded.model, 'model.model'),
    classes,
    image: { height, width, channels },
    mean: perChannel('mean', mean, channels),
    std: perChannel('std', std, channels),
  };
}

async function first(requests: AsyncIterator<UploadModelRequest>): Promise<UploadedModel> {
  const part = (await nextWithin(requests, LONGEST_PAUSE_MS))?.part;
  if (part?.case === 'model') return part.value;
  throw invalidField('model', 'is missing; the first message of the stream says what is uploaded');
}

/** The file's bytes. INVALID_FIELD (data) for none, too many, or a message that has none. */
async function receive(requests: AsyncIterator<UploadModelRequest>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (
    let next = await nextWithin(requests, LONGEST_PAUSE_MS);
    next;
    next = await nextWithin(requests, LONGEST_PAUSE_MS)
  ) {
    const { part } = next;
    if (part.case !== 'data')
      throw invalidField('data', 'is missing; every message but the first has bytes of the file');
    bytes += part.value.length;
    if (bytes > MOST_BYTES) throw invalidField('data', `is more than ${MOST_BYTES} bytes; no model takes as many`);
    chunks.push(part.value);
  }
  if (bytes === 0) throw invalidField('data', 'is missing; send the file after the first message');
  const file = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}

/** Errors of the file, and of what was said of it, as errors of the request. */
function asRequestError(error: unknown): unknown {
  if (error instanceof AppError && error.reason === ErrorReason.CORRUPT_CHECKPOINT)
    return invalidField('data', error.message);
  return renameField(error, 'model', 'model.model');
}

/** Stores uploaded models, a few at a time. */
export class ModelUploads {
  readonly #deps: UploadDependencies;
  #underWay = 0;

  constructor(deps: UploadDependencies) {
    this.#deps = deps;
  }

  /** Answers UploadModel. INVALID_FIELD below `model`, and (data) naming the tensor; UNKNOWN_MODEL; OVERLOADED; CANCELLED. */
  async upload(
    requests: AsyncIterable<UploadModelRequest>,
    { signal }: Pick<CallContext, 'signal'>,
  ): Promise<MessageInitShape<typeof UploadModelResponseSchema>> {
    if (this.#underWay >= MOST_UPLOADS) {
      throw new AppError(ErrorReason.OVERLOADED, `${MOST_UPLOADS} models are being uploaded; try again later`);
    }
    this.#underWay += 1;
    const messages = requests[Symbol.asyncIterator]();
    try {
      const uploaded = resolveUpload(await first(messages));
      const file = await this.#adopt({ ...uploaded, file: await receive(messages) }, signal);
      return { checkpoint: await this.#store(file) };
    } finally {
      this.#underWay -= 1;
      messages.return?.().catch(() => {});
    }
  }

  async #adopt(request: AdoptRequest, signal: AbortSignal): Promise<Uint8Array> {
    const transfer = [request.file.buffer as ArrayBuffer];
    try {
      return await this.#deps.uploadThread.run<Uint8Array>('adopt', request, { signal, transfer });
    } catch (error) {
      throw asRequestError(error);
    }
  }

  async #store(file: Uint8Array) {
    const { sha256, sizeBytes } = await putObject(this.#deps.bus, CHECKPOINT_BUCKET, sha256Hex(file), file);
    return { sha256, sizeBytes: BigInt(sizeBytes) };
  }
}
