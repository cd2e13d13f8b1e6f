import { DatasetFormat } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import { type Dataset, type ImageShape, imageSize, type Split } from '../../services/dataset/dataset.ts';
import { fingerprintOf } from '../../services/dataset/fingerprint.ts';
import { randomStream } from '../../services/dataset/random.ts';

/** Classes of the tiny data set. */
export const TINY_CLASSES = ['left', 'middle', 'right'];

/** Large enough for every network that has no least depth beyond it. */
const SHAPE: ImageShape = { height: 16, width: 16, channels: 1 };

/** Grey levels of the noise, and of the bright third that tells the class. */
const NOISE = 100;
const BRIGHT = 150;

function tinySplit(examples: number, seed: bigint, purpose: string): Split {
  const random = randomStream(seed, purpose);
  const labels = Uint16Array.from({ length: examples }, (_, i) => i % TINY_CLASSES.length);
  const images = new Uint8Array(examples * imageSize(SHAPE));
  for (let i = 0; i < images.length; i++) {
    const example = Math.floor(i / imageSize(SHAPE));
    const third = Math.floor(((i % SHAPE.width) * TINY_CLASSES.length) / SHAPE.width);
    images[i] = random.below(NOISE) + (third === labels[example] ? BRIGHT : 0);
  }
  return { images, labels };
}

/** Grey images of 16x16 that any network learns in a few updates: one third of each is bright, which one is its class. */
export function tinyDataset({ train = 48, validation = 0, test = 24, seed = 1n } = {}): Dataset {
  const split = tinySplit(train, seed, 'train');
  return {
    ...SHAPE,
    name: 'tiny',
    format: DatasetFormat.IDX,
    train: split,
    validation: tinySplit(validation, seed, 'validation'),
    test: tinySplit(test, seed, 'test'),
    classNames: TINY_CLASSES,
    fingerprint: fingerprintOf(split, SHAPE),
  };
}
