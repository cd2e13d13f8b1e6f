import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Split } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import type { EvaluateModelRequest, UploadedModel } from '../../../../proto/gen/winnow/v1/training_service_pb.ts';
import { scriptedServer } from '../scripted-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runAgainst } from './test-io.ts';

const sha256 = 'cd'.repeat(32);

/** A service that stores what it is sent and measures what it is asked about; and a file to send. */
async function service() {
  const uploads: { model: UploadedModel; bytes: number }[] = [];
  const asked: EvaluateModelRequest[] = [];
  const { address } = await scriptedServer({
    training: {
      uploadModel: async (requests) => {
        let bytes = 0;
        for await (const { part } of requests) {
          if (part.case === 'model') uploads.push({ model: part.value, bytes: 0 });
          else bytes += (part.value as Uint8Array).length;
        }
        uploads.at(-1)!.bytes = bytes;
        return { checkpoint: { sha256, sizeBytes: BigInt(bytes) } };
      },
      async *evaluateModel(request) {
        asked.push(request);
        const result = {
          cleanAccuracy: 0.75,
          robustAccuracy: 0.5,
          attackName: 'PGD-10',
          examples: 100,
          split: Split.TEST,
        };
        yield { part: { case: 'evaluation', value: result } };
      },
      getRun: async ({ runId }) => ({
        run: {
          id: runId,
          spec: { dataset: { name: 'mnist', testExamples: 7 }, model: { architecture: 'small-cnn', dropout: 0 } },
        },
      }),
    },
  });
  const file = join(temporaryFolder(), 'model.safetensors');
  writeFileSync(file, new Uint8Array(1234));
  return { uploads, asked, file, run: (...line: string[]) => runAgainst(address, line) };
}

describe('winnow upload', () => {
  test('stores a file and prints the checkpoint', async () => {
    const { uploads, file, run } = await service();
    const options = ['--architecture', 'resnet-18', '--mean', '0.5,0.25,0.125', '--std', '1/4,1/4,1/4'];
    expect(await run('upload', file, ...options)).toMatchObject({ code: 0, out: `${sha256}:1234` });
    const json = await run('--json', 'upload', file, ...options, '--classes', '100', '--image', '64x48x1');
    expect(JSON.parse(json.out)).toEqual({ sha256, sizeBytes: 1234 });
    expect(uploads).toMatchObject([
      {
        bytes: 1234,
        model: {
          model: { architecture: 'resnet-18' },
          classes: 10,
          image: { height: 32, width: 32, channels: 3 },
          mean: [0.5, 0.25, 0.125],
          std: [0.25, 0.25, 0.25],
        },
      },
      { model: { classes: 100, image: { height: 64, width: 48, channels: 1 } } },
    ]);
  });

  test.each([
    [['--architecture', 'x', '--image', '32x32'], 'HEIGHTxWIDTHxCHANNELS'],
    [['--architecture', 'x', '--mean', '0.5,,1'], 'give a number'],
    [[], 'give the architecture of the model: --architecture'],
  ])('refuses %j', async (options, message) => {
    const { file, run } = await service();
    const { code, err } = await run('upload', file, ...options);
    expect(code).not.toBe(0);
    expect(err).toContain(message);
  });

  test('says which file it can not read', async () => {
    const { run } = await service();
    const { code, err } = await run('upload', '/nowhere/model.safetensors', '--architecture', 'resnet-18');
    expect(code).not.toBe(0);
    expect(err).toContain("/nowhere/model.safetensors can't be read");
  });
});

describe('winnow evaluate --weights', () => {
  test('uploads a file and measures it on a data set', async () => {
    const { uploads, asked, file, run } = await service();
    const options = ['--architecture', 'wide-resnet', '--depth', '28', '--width', '10', '--dataset', 'cifar-10'];
    const { code, out, err } = await run('evaluate', '--weights', file, ...options, '--auto-attack', '--seed', '3');
    expect(code).toBe(0);
    expect(out).toContain('PGD-10');
    expect(err).toContain(`is stored as ${sha256}:1234`);
    const model = { architecture: 'wide-resnet', depth: 28, width: 10 };
    expect(uploads).toMatchObject([{ model: { model } }]);
    expect(asked).toMatchObject([
      {
        dataset: { name: 'cifar-10' },
        model,
        checkpoint: { sha256, sizeBytes: 1234n },
        attack: { epsilon: 8 / 255 },
        autoAttack: { epsilon: 8 / 255 },
        seed: 3n,
      },
    ]);
  });

  test('takes data set and architecture from a run where one is given', async () => {
    const { uploads, asked, file, run } = await service();
    expect((await run('evaluate', '--run', 'r1', '--weights', file)).code).toBe(0);
    const model = { architecture: 'small-cnn', dropout: 0 };
    expect(uploads).toMatchObject([{ model: { model, image: { height: 28, width: 28, channels: 1 } } }]);
    expect(asked).toMatchObject([{ dataset: { name: 'mnist', testExamples: 7 }, model, checkpoint: { sha256 } }]);
  });

  test('measures a checkpoint that is stored already without a run, too', async () => {
    const { asked, run } = await service();
    const line = ['evaluate', '--checkpoint', `${sha256}:9`, '--architecture', 'resnet-18', '--dataset', 'cifar-10'];
    expect((await run(...line)).code).toBe(0);
    expect(asked).toMatchObject([{ model: { architecture: 'resnet-18' }, checkpoint: { sha256, sizeBytes: 9n } }]);
  });

  test.each([
    [['--dataset', 'mnist'], 'say which model: --run, --weights, or --checkpoint'],
    [['--checkpoint', `${sha256}:9`, '--architecture', 'resnet-18'], 'give the data set to measure on: --dataset'],
    [['--run', 'r1', '--weights', 'x', '--best'], 'cannot be used with option'],
  ])('refuses %j', async (options, message) => {
    const { run } = await service();
    const { code, err } = await run('evaluate', ...options);
    expect(code).not.toBe(0);
    expect(err).toContain(message);
  });
});
