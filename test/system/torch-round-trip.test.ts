import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';
import type { TrainingClient } from '../../clients/node/training-client.ts';
import type { CheckpointRef } from '../../proto/gen/winnow/v1/model_pb.ts';
import { tf } from '../../services/numerics/backend.ts';
import { applyStatistics, type RunningStatistic } from '../../services/numerics/models/layers.ts';
import { loadCheckpoint } from '../../services/numerics/models/load-checkpoint.ts';
import { createModel, type Model } from '../../services/numerics/models/model.ts';
import { encodeSafetensors } from '../../services/numerics/models/safetensors.ts';
import type { Bus } from '../../services/platform/bus/connection.ts';
import { getObject } from '../../services/platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../../services/platform/bus/streams.ts';
import { goldenImages } from '../reference/golden.ts';
import { INSTALL_TIMEOUT_MS, type PythonEnvironment, pythonEnvironment } from './python-environment.ts';
import { type Stack, startStack } from './services/stack.ts';
import { connectTestBus } from './services/test-bus.ts';

const SCRIPT = join(projectPaths().root, 'test', 'reference', 'round_trip.py');
/** As in the script. */
const [MEAN, STD] = [0.4, 0.3];
const specs = {
  'resnet-18': { architecture: 'resnet-18', image: [32, 32, 3], classes: 10 },
  'small-cnn': { architecture: 'small-cnn', image: [28, 28, 1], classes: 10 },
} as const;
type Spec = (typeof specs)[keyof typeof specs];

let python: PythonEnvironment;
let stack: Stack;
let training: TrainingClient;
let bus: Bus;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-round-trip-'));
  python = await pythonEnvironment();
  stack = await startStack('training');
  training = await stack.training();
  bus = await connectTestBus(stack.nats.url);
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await bus?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function modelOf({ architecture, image, classes }: Spec): Model {
  const [height, width, channels] = image;
  const normalisation = { mean: Array(channels).fill(0.45), std: Array(channels).fill(0.25) };
  const spec = { architecture, ...(architecture === 'small-cnn' && { dropout: 0 }) };
  return createModel({ spec, image: { height, width, channels }, classes, normalisation, seed: 3n });
}

/** The logits of the script's images, the model in evaluation mode. */
function logitsOf(model: Model, spec: Spec): number[] {
  return tf.tidy(() => [
    ...model.forward(goldenImages('round-trip', 2, { ...spec }), { training: false }).logits.dataSync(),
  ]);
}

function expectEqual(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(20);
  const scale = Math.max(...expected.map(Math.abs));
  expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-4 * Math.max(1, scale));
  // another model's would not be
  expect(new Set(expected.map((value) => value.toFixed(6))).size).toBeGreaterThan(15);
}

const logitsIn = (output: string): number[] => JSON.parse(output.trim().split('\n').at(-1)!);

async function stored({ sha256 }: CheckpointRef): Promise<Uint8Array> {
  return getObject(bus, CHECKPOINT_BUCKET, sha256, { sha256 });
}

const uploaded = ({ architecture, image: [height, width, channels], classes }: Spec) => ({
  model: { architecture },
  image: { height, width, channels },
  classes,
});

describe.each(Object.entries(specs))('a %s', (name, spec) => {
  it('of ours has the same logits in PyTorch, and is stored as it is', async () => {
    const model = modelOf(spec);
    // statistics of a mini-batch in place of 0 and 1, and a last layer that is not 0
    const statistics: RunningStatistic[] = [];
    tf.tidy(
      () =>
        void model.forward(goldenImages('statistics', 8, { ...spec }), {
          training: true,
          statistics,
          dropoutSeed: [1, 2],
        }),
    );
    applyStatistics(statistics);
    for (const { variable } of model.weights.trainable) {
      tf.tidy(() =>
        variable.assign(variable.add(tf.randomUniform(variable.shape, -0.01, 0.01, 'float32', 7)) as tf.Tensor),
      );
    }
    const file = encodeSafetensors(model.weights.snapshot(), { format: 'pt', architecture: name });
    const path = join(folder, `${name}.safetensors`);
    writeFileSync(path, file);
    const expected = logitsIn(await python.run([SCRIPT, 'load', JSON.stringify(spec), path]));
    expectEqual(logitsOf(model, spec), expected);
    expect(Buffer.from(await stored(await training.uploadModel(uploaded(spec), file))).equals(file)).toBe(true);
  });

  it.each(['float32', 'float64', 'bfloat16', 'float16', 'wrapped'])(
    'of PyTorch, %s, has the same logits here',
    async (variant) => {
      const path = join(folder, `${name}-${variant}.safetensors`);
      const expected = logitsIn(await python.run([SCRIPT, 'save', JSON.stringify(spec), path, variant]));
      const channels = spec.image[2];
      const normalisation = { mean: Array(channels).fill(MEAN), std: Array(channels).fill(STD) };
      const checkpoint = await training.uploadModel({ ...uploaded(spec), ...normalisation }, readFileSync(path));
      const model = modelOf(spec);
      loadCheckpoint(model, await stored(checkpoint));
      expectEqual(logitsOf(model, spec), expected);
    },
  );
});

it("a PyTorch model's accuracy is measured, clean and under attack", async () => {
  const spec = specs['small-cnn'];
  const path = join(folder, 'small-cnn-evaluated.safetensors');
  await python.run([SCRIPT, 'save', JSON.stringify(spec), path, 'float32']);
  const checkpoint = await training.uploadModel({ ...uploaded(spec), mean: [MEAN], std: [STD] }, readFileSync(path));
  const request = {
    dataset: { name: 'mnist', trainExamples: 10, testExamples: 50 },
    model: { architecture: spec.architecture },
    checkpoint,
    attack: { epsilon: 0.1, stepSize: 0.05, steps: 2 },
  };
  const cases: string[] = [];
  for await (const part of training.evaluateModel(request)) {
    cases.push(part.case);
    if (part.case === 'evaluation') expect(part.value).toMatchObject({ examples: 50 });
  }
  expect(cases.at(-1)).toBe('evaluation');
});
