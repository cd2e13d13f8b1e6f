import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { create } from '@bufbuild/protobuf';
import { DatasetSpecSchema } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { loadDataset } from '../../../services/dataset/load.ts';
import { tensorBatch } from '../../../services/dataset/tensor-batch.ts';
import { autoAttack } from '../../../services/numerics/evaluation/autoattack.ts';
import type { AttackName } from '../../../services/numerics/evaluation/autoattack-rounds.ts';
import type { AutoAttackState } from '../../../services/numerics/evaluation/autoattack-state.ts';
import { loadCheckpoint } from '../../../services/numerics/models/load-checkpoint.ts';
import { createModel } from '../../../services/numerics/models/model.ts';
import { encodeSafetensors } from '../../../services/numerics/models/safetensors.ts';
import type { GoldenSpec } from '../golden.ts';

// Our AutoAttack on the first test images, which it writes down for PyTorch. Goes on from its state. See README.md.

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    spec: { type: 'string' },
    data: { type: 'string' },
    examples: { type: 'string' },
    epsilon: { type: 'string' },
    seed: { type: 'string', default: '0' },
    batch: { type: 'string' },
    attacks: { type: 'string' },
    folder: { type: 'string' },
  },
});

function write(name: string, content: string | Uint8Array): void {
  const path = resolve(options.folder!, name);
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

const count = Number(options.examples);
const root = resolve(options.data!);
const spec = create(DatasetSpecSchema, { name: basename(root), trainExamples: 10 });
const dataset = await loadDataset(spec, dirname(root));
const first = tensorBatch(
  dataset,
  dataset.test,
  Uint32Array.from({ length: count }, (_, i) => i),
);
const labels = Float32Array.from(dataset.test.labels.subarray(0, count));
write(
  'images.safetensors',
  encodeSafetensors(
    new Map([
      ['images', { shape: first.images.shape, data: first.images.dataSync() as Float32Array }],
      ['labels', { shape: [count], data: labels }],
    ]),
  ),
);

const { image, classes, ...architecture } = JSON.parse(options.spec!) as GoldenSpec;
const channels = image[2];
const model = createModel({
  spec: architecture,
  image: { height: image[0], width: image[1], channels },
  classes,
  normalisation: { mean: Array<number>(channels).fill(0), std: Array<number>(channels).fill(1) },
  seed: 0n,
});
loadCheckpoint(model, readFileSync(options.model!));

const statePath = resolve(options.folder!, 'ours.state.json');
const before = existsSync(statePath) ? (JSON.parse(readFileSync(statePath, 'utf8')) as AutoAttackState) : undefined;
let last = before;
const source = { size: count, batch: (indices: Uint32Array) => tensorBatch(dataset, dataset.test, indices) };
const attacks = options.attacks!.split(',') as AttackName[];
const run = {
  epsilon: Number(options.epsilon),
  seed: BigInt(options.seed),
  batchSize: Number(options.batch),
  attacks,
};
const result = await autoAttack(
  model,
  source,
  run,
  {
    onProgress: ({ attack, round, rounds, standing, state }) => {
      last = state();
      write('ours.state.json', JSON.stringify(last));
      console.log(`ours: round ${round + 1} of ${rounds} (${attack}), ${standing} of ${count} standing`);
    },
  },
  before,
);
write('ours.json', JSON.stringify({ ...result, brokenExamples: last?.examples.broken }));
