import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../services/numerics/backend.ts';
import type { ArchitectureSpec } from '../../services/numerics/models/architecture-spec.ts';
import { loadCheckpoint } from '../../services/numerics/models/load-checkpoint.ts';
import { createModel, type Model } from '../../services/numerics/models/model.ts';
import { encodeSafetensors } from '../../services/numerics/models/safetensors.ts';
import { normal } from '../../services/numerics/random.ts';
import { INSTALL_TIMEOUT_MS, type PythonEnvironment, pythonEnvironment, pythonPackage } from './python-environment.ts';

const IMAGES = 4;
const SIDE = 32;
const CHANNELS = 3;
const TIMEOUT_MS = 120_000;

let python: PythonEnvironment;
const folder = mkdtempSync(join(tmpdir(), 'winnow-python-models-'));

beforeAll(async () => {
  python = await pythonEnvironment();
}, INSTALL_TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function modelOf(spec: ArchitectureSpec, seed: bigint): Model {
  return createModel({
    spec,
    image: { height: SIDE, width: SIDE, channels: CHANNELS },
    classes: 7,
    normalisation: { mean: [0.49, 0.48, 0.45], std: [0.25, 0.24, 0.26] },
    seed,
  });
}

/** Weights as after training, running statistics included, that no layer has by default. */
function disturb(model: Model): void {
  const snapshot = model.weights.snapshot();
  for (const [name, { shape, data }] of snapshot) {
    if (shape.length !== 1 || name.startsWith('normalise')) continue;
    snapshot.set(name, { shape, data: data.map((value, i) => value + 0.1 * Math.sin(i) ** 2) });
  }
  model.weights.load(snapshot);
}

/** Logits of the same images that the Python program makes of the file of pixels. */
function logitsOf(model: Model, images: tf.Tensor4D): number[] {
  return tf.tidy(() => [...model.forward(images, { training: false }).logits.dataSync()]);
}

// Reads pixels as N x H x W x C, prints the logits of the network in one file, and saves it to another.
const PROGRAM = `
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np, torch
from load_resnet18 import load, save
network = load(sys.argv[2])
pixels = np.fromfile(sys.argv[3], dtype="<f4").reshape(${IMAGES}, ${SIDE}, ${SIDE}, ${CHANNELS})
with torch.no_grad():
    print(json.dumps(network(torch.from_numpy(pixels).permute(0, 3, 1, 2)).flatten().tolist()))
    network.linear.bias += 1
save(network, sys.argv[4])
`;

describe('the PyTorch loader of the examples', { timeout: TIMEOUT_MS }, () => {
  it.each<ArchitectureSpec>([{ architecture: 'resnet-18' }, { architecture: 'resnet', depth: 14, width: 8 }])(
    'gives the logits of $architecture, and saves what loads here',
    async (spec) => {
      const model = modelOf(spec, 3n);
      disturb(model);
      const images = tf.clipByValue(
        normal([IMAGES, SIDE, SIDE, CHANNELS], [1, 2]).mul(0.3).add(0.5),
        0,
        1,
      ) as tf.Tensor4D;
      const files = ['ours.safetensors', 'pixels', 'theirs.safetensors'].map((name) => join(folder, name));
      writeFileSync(files[0]!, encodeSafetensors(model.weights.snapshot(), { classes: '7' }));
      writeFileSync(files[1]!, new Uint8Array((images.dataSync() as Float32Array).buffer));

      const output = await python.run(['-c', PROGRAM, join(pythonPackage, 'examples'), ...files]);
      const theirs = JSON.parse(output) as number[];
      const ours = logitsOf(model, images);
      expect(theirs).toHaveLength(ours.length);
      expect(Math.max(...ours.map(Math.abs))).toBeGreaterThan(0.1);
      expect(Math.max(...ours.map((logit, i) => Math.abs(logit - theirs[i]!)))).toBeLessThan(1e-4);

      const back = modelOf(spec, 4n);
      loadCheckpoint(back, readFileSync(files[2]!));
      const returned = logitsOf(back, images);
      expect(Math.max(...ours.map((logit, i) => Math.abs(logit + 1 - returned[i]!)))).toBeLessThan(1e-4);
    },
  );
});
