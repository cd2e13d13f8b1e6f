import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScoringClient } from '../../../clients/node/scoring-client.ts';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { Bus } from '../../../services/platform/bus/connection.ts';
import { putObject } from '../../../services/platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../../../services/platform/bus/streams.ts';
import { sha256Hex } from '../../../services/platform/sha256.ts';
import { encodeIdx, writeIdxFiles } from '../../unit/dataset/fixtures/idx-files.ts';
import { writeImageFolder } from '../../unit/dataset/fixtures/image-files.ts';
import { MNIST_SHAPE, mnistDigits } from '../../unit/dataset/fixtures/mnist.ts';
import { runToEnd } from './follow-run.ts';
import { attack, digits, smallCnn, tinyResnet, tinySpec, tinyTarget } from './requests.ts';
import { rpcFailure } from './rpc-failure.ts';
import { type Stack, startStack } from './stack.ts';
import { connectTestBus } from './test-bus.ts';

const TRAIN = 60;

let stack: Stack;
let training: TrainingClient;
let scoring: ScoringClient;
let bus: Bus;

beforeAll(async () => {
  stack = await startStack('scoring', 'training');
  training = await stack.training();
  scoring = await stack.scoring();
  bus = await connectTestBus(stack.nats.url);
});

afterAll(async () => {
  await bus.close();
  await stack.stop();
});

const splits = { train: mnistDigits(0, TRAIN), test: mnistDigits(100, 30) };

async function writeDigits(folder: string, gzip = false): Promise<void> {
  await mkdir(folder);
  await writeIdxFiles(folder, MNIST_SHAPE, splits, { mark: '-', gzip });
}

async function cutInHalf(file: string): Promise<void> {
  await truncate(file, Math.floor((await readFile(file)).length / 2));
}

describe('data files', () => {
  const cases: { name: string; file: string; damage: (folder: string) => Promise<void> }[] = [
    {
      name: 'truncated',
      file: 'train-images-idx3-ubyte',
      damage: async (folder) => {
        await writeDigits(folder);
        await cutInHalf(join(folder, 'train-images-idx3-ubyte'));
      },
    },
    {
      name: 'truncated-gzip',
      file: 't10k-images-idx3-ubyte.gz',
      damage: async (folder) => {
        await writeDigits(folder, true);
        await cutInHalf(join(folder, 't10k-images-idx3-ubyte.gz'));
      },
    },
    {
      name: 'float-pixels',
      file: 'train-images-idx3-ubyte',
      damage: async (folder) => {
        await writeDigits(folder);
        const images = await readFile(join(folder, 'train-images-idx3-ubyte'));
        // IDX's code for 32-bit floats, whose values may lie outside [0,1].
        images[2] = 0x0d;
        await writeFile(join(folder, 'train-images-idx3-ubyte'), images);
      },
    },
    {
      name: 'missing-labels',
      file: 'train-labels-idx1-ubyte',
      damage: async (folder) => {
        await writeDigits(folder);
        await writeFile(join(folder, 'train-labels-idx1-ubyte'), encodeIdx([TRAIN - 1], new Uint8Array(TRAIN - 1)));
      },
    },
    {
      name: 'unknown-class',
      file: 't10k-labels-idx1-ubyte',
      damage: async (folder) => {
        await writeDigits(folder);
        await writeFile(join(folder, 't10k-labels-idx1-ubyte'), encodeIdx([30], new Uint8Array(30).fill(77)));
      },
    },
    {
      name: 'broken-picture',
      file: 'train/3/000.png',
      damage: async (folder) => {
        const names = Array.from({ length: 10 }, (_, digit) => `${digit}`);
        await writeImageFolder(join(folder, 'train'), splits.train, MNIST_SHAPE, names);
        await writeImageFolder(join(folder, 'test'), splits.train, MNIST_SHAPE, names);
        await writeFile(join(folder, 'train/3/000.png'), 'not a picture');
      },
    },
  ];

  it.each(cases)('$name: the file is named, by both services', async ({ name, file, damage }) => {
    await damage(join(stack.dataRoot, name));
    const refused = await rpcFailure(
      scoring.scoreDataset({ target: tinyTarget({ dataset: { name } }), scorer: 'el2n' }),
    );
    expect(refused).toMatchObject({ code: status.FAILED_PRECONDITION, reason: ErrorReason.CORRUPT_DATASET });
    const { reason, message } = await corruptRun(name);
    expect(reason).toBe(ErrorReason.CORRUPT_DATASET);
    for (const text of [refused.message, message]) {
      expect(text).toContain(`${name}/${file}`);
      expect(text).not.toContain(stack.dataRoot);
    }
  });

  /** Why a run does not train: refused at once, or failed where only reading all of a file can tell. */
  async function corruptRun(name: string): Promise<{ reason: ErrorReason; message: string }> {
    const run = runToEnd(
      training,
      tinySpec({ dataset: { name }, selection: { scorer: 'el2n', fraction: 0.5 }, epochs: 1 }),
    );
    const ended = await run.catch(() => undefined);
    if (!ended) return rpcFailure(run);
    expect(ended.run.state).toBe(RunState.FAILED);
    expect(ended.run.checkpoint).toBeUndefined();
    return ended.run.failure!;
  }
});

describe('checkpoints', () => {
  let whole: Uint8Array;

  beforeAll(async () => {
    const { run } = await runToEnd(training, tinySpec({ epochs: 1 }));
    whole = await training.downloadModel(run.id);
  });

  async function stored(file: Uint8Array, sha256 = sha256Hex(file)): Promise<{ sha256: string }> {
    await putObject(bus, CHECKPOINT_BUCKET, sha256, file);
    return { sha256 };
  }

  const cases: { name: string; says: string; model?: object; make: () => Promise<{ sha256: string }> }[] = [
    { name: 'of bytes that are no model', says: 'safetensors', make: () => stored(Buffer.from('no model at all')) },
    {
      name: 'that was cut off',
      says: 'safetensors',
      make: () => stored(whole.subarray(0, whole.length - 100)),
    },
    { name: 'that is not what its name says', says: 'SHA-256', make: () => stored(whole, 'f'.repeat(64)) },
    { name: 'of another architecture', says: 'architecture', model: smallCnn, make: () => stored(whole) },
    {
      name: 'of another width',
      says: 'shape',
      model: { ...tinyResnet, width: 4 },
      make: () => stored(whole),
    },
    {
      name: 'with weights that are not finite',
      says: 'not finite',
      make: () => {
        const broken = Buffer.from(whole);
        broken.writeFloatLE(Number.NaN, broken.length - 4);
        return stored(broken);
      },
    },
  ];

  it.each(cases)('one $name is refused by both services', async ({ says, model = tinyResnet, make }) => {
    const checkpoint = await make();
    const target = tinyTarget({ model, checkpoint });
    const failures = [
      await rpcFailure(training.evaluateModel({ dataset: digits, model, checkpoint, attack })),
      await rpcFailure(scoring.scoreDataset({ target, scorer: 'el2n' })),
      await rpcFailure(scoring.selectSubset({ target, selection: { scorer: 'el2n', fraction: 0.5 } })),
    ];
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: status.FAILED_PRECONDITION, reason: ErrorReason.CORRUPT_CHECKPOINT });
      expect(failure.message).toContain(says);
    }
  });
});

it('goes on working after all of that', async () => {
  const { run } = await runToEnd(training, tinySpec({ epochs: 1, selection: { scorer: 'el2n', fraction: 0.5 } }));
  expect(run.state).toBe(RunState.SUCCEEDED);
});
