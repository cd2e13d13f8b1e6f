import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create } from '@bufbuild/protobuf';
import sharp from 'sharp';
import { DatasetSpecSchema } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { loadDataset } from '../../../services/dataset/load.ts';
import { cifar10Files, encodeTarGz, type Files } from '../../unit/dataset/fixtures/cifar-files.ts';
import { encodeIdx } from '../../unit/dataset/fixtures/idx-files.ts';
import type { FuzzTarget } from '../target.ts';

/** A target that puts each input in the place of one file of a data set, and loads it. */
function fileTarget(
  name: string,
  share: number,
  files: Files,
  file: string,
  more: readonly Uint8Array[] = [],
): FuzzTarget {
  const root = mkdtempSync(join(tmpdir(), 'winnow-fuzz-'));
  const path = (entry: string) => join(root, 'data', entry);
  for (const [entry, content] of Object.entries(files)) {
    mkdirSync(dirname(path(entry)), { recursive: true });
    writeFileSync(path(entry), content);
  }
  const spec = create(DatasetSpecSchema, { name: 'data' });
  return {
    name,
    share,
    samples: [readFileSync(path(file)), ...more],
    decode: async (bytes) => {
      writeFileSync(path(file), bytes);
      await loadDataset(spec, root);
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

const pixels = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 37) % 256);

function idxFiles(): Files {
  const split = (prefix: string, count: number) => ({
    [`${prefix}-images-idx3-ubyte`]: encodeIdx([count, 4, 4], pixels(count * 16)),
    [`${prefix}-labels-idx1-ubyte`]: encodeIdx(
      [count],
      Uint8Array.from({ length: count }, (_, i) => i % 3),
    ),
  });
  return { ...split('train', 6), ...split('t10k', 3) };
}

function split(count: number) {
  return { images: pixels(count * 32 * 32 * 3), labels: Uint16Array.from({ length: count }, (_, i) => i % 10) };
}

async function images(): Promise<{ files: Files; others: Buffer[] }> {
  const image = () => sharp(pixels(8 * 8 * 3), { raw: { width: 8, height: 8, channels: 3 } });
  const png = await image().png().toBuffer();
  const others = [await image().jpeg().toBuffer(), await image().webp().toBuffer()];
  const files: Record<string, Buffer> = {};
  for (const place of ['train/cat/1', 'train/cat/2', 'train/dog/1', 'test/cat/1', 'test/dog/1'])
    files[`${place}.png`] = png;
  return { files, others };
}

/** The readers of data sets, each through a file of theirs. */
export async function datasetTargets(): Promise<FuzzTarget[]> {
  const idx = idxFiles();
  const gzipped = Object.fromEntries(Object.entries(idx).map(([name, content]) => [`${name}.gz`, gzipSync(content)]));
  const cifar = cifar10Files({ train: split(5), test: split(1) });
  const archive = { 'cifar-10-binary.tar.gz': await encodeTarGz(cifar) };
  const folder = await images();
  return [
    fileTarget('idx images', 0.1, idx, 'train-images-idx3-ubyte'),
    fileTarget('idx labels', 0.1, idx, 'train-labels-idx1-ubyte'),
    fileTarget('idx gzip', 0.1, gzipped, 'train-images-idx3-ubyte.gz'),
    fileTarget('cifar', 0.05, cifar, 'data_batch_2.bin'),
    fileTarget('cifar archive', 0.05, archive, 'cifar-10-binary.tar.gz'),
    fileTarget('image', 0.1, folder.files, 'train/cat/2.png', folder.others),
  ];
}
