import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { DataFolder } from '../../../../services/dataset/data-folder.ts';
import { cifar10Reader, cifar100Reader } from '../../../../services/dataset/readers/cifar.ts';
import {
  CIFAR_SHAPE,
  cifar10Files,
  cifar100Files,
  encodeTar,
  encodeTarGz,
  writeFiles,
} from '../fixtures/cifar-files.ts';
import { useDataRoot } from '../fixtures/data-root.ts';
import { expectAppError } from '../fixtures/expect-app-error.ts';
import { formulaSplit } from '../fixtures/samples.ts';

const root = useDataRoot();
const CONTENT = { train: formulaSplit(10, CIFAR_SHAPE, 10), test: formulaSplit(2, CIFAR_SHAPE, 10) };
const FILES = cifar10Files(CONTENT);
const ARCHIVE = 'cifar-10-binary.tar.gz';
const RECORD = 3073;
const all = (_: string, labels: Uint16Array) => Uint32Array.from(labels.keys());

let folder: DataFolder;
beforeEach(async () => {
  folder = await root.folder('cifar');
});

const messageOf = async (work: Promise<unknown>) => (await expectAppError(work, ErrorReason.CORRUPT_DATASET)).message;
const read = () => cifar10Reader.read(folder, all);

describe('CIFAR records', () => {
  it('turn planes into pixels', async () => {
    // One record whose red plane counts 0, 1, .. and whose green and blue planes are constant.
    const record = Buffer.from([3, ...Array.from({ length: 1024 }, (_, i) => i % 256), ...new Array(1024).fill(100)]);
    const batch = Buffer.concat([record, Buffer.alloc(1024, 200)]);
    await writeFiles(folder.path, Object.fromEntries(Object.keys(FILES).map((name) => [name, batch])));
    const { images, labels } = (await read()).train;
    expect(labels).toEqual(new Uint16Array(5).fill(3));
    expect(Array.from(images.subarray(0, 9))).toEqual([0, 100, 200, 1, 100, 200, 2, 100, 200]);
    expect(Array.from(images.subarray(3072 + 3 * 1023, 3072 + 3 * 1024))).toEqual([255, 100, 200]);
  });

  it('notice any label outside the classes', async () => {
    const damages = fc.record({
      file: fc.constantFrom(...Object.keys(FILES)),
      record: fc.nat(1),
      label: fc.integer({ min: 10, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(damages, async ({ file, record, label }) => {
        const damaged = Buffer.from(FILES[file]);
        damaged[record * RECORD] = label;
        await writeFiles(folder.path, { ...FILES, [file]: damaged });
        const found = `found ${label} in record ${record}`;
        expect(await messageOf(read())).toContain(`cifar/${file}: expected labels below 10, ${found}`);
      }),
      { numRuns: 20 },
    );
  });

  it('of CIFAR-100 notice bad superclasses and classes', async () => {
    const files = cifar100Files({ train: formulaSplit(5, CIFAR_SHAPE, 100), test: formulaSplit(1, CIFAR_SHAPE, 100) });
    for (const [place, bound] of [
      [0, 20],
      [1, 100],
    ]) {
      const damaged = Buffer.from(files['train.bin']);
      damaged[3074 * 4 + place] = bound;
      await writeFiles(folder.path, { ...files, 'train.bin': damaged });
      const message = await messageOf(cifar100Reader.read(folder, all));
      expect(message).toContain(`expected labels below ${bound}, found ${bound} in record 4`);
    }
  });

  it('cut between two records betray themselves by the proportions', async () => {
    await writeFiles(folder.path, { ...FILES, 'data_batch_4.bin': FILES['data_batch_4.bin'].subarray(0, RECORD) });
    for (const start of [read, () => cifar10Reader.inspect(folder)]) {
      const message = await messageOf(start());
      expect(message).toContain(
        'cifar/data_batch_4.bin: expected 2 records, for the 2 in cifar/test_batch.bin, found 1',
      );
    }
  });

  it('all cut alike are a smaller data set of the same layout', async () => {
    const cut = Object.entries(FILES).map(([name, content]) => [name, content.subarray(0, RECORD)] as const);
    await writeFiles(folder.path, Object.fromEntries(cut));
    expect(await cifar10Reader.inspect(folder)).toEqual({ train: 5, test: 1 });
  });
});

describe('CIFAR files', () => {
  it('are missing by name', async () => {
    await writeFiles(folder.path, FILES);
    await rm(join(folder.path, 'data_batch_3.bin'));
    const message = await messageOf(cifar10Reader.inspect(folder));
    expect(message).toBe('cifar/data_batch_3.bin: expected this file, found none. Put it beside the others.');
  });

  it('are missing altogether', async () => {
    await mkdir(join(folder.path, 'cifar-10-batches-bin'));
    expect(await messageOf(cifar10Reader.inspect(folder))).toBe(
      'cifar: expected data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, ' +
        'test_batch.bin or cifar-10-binary.tar.gz, found none of them. Put the files there.',
    );
  });

  it('are preferred to the archive beside them', async () => {
    await writeFiles(folder.path, { ...FILES, [ARCHIVE]: Buffer.from('not read') });
    expect((await read()).test).toEqual(CONTENT.test);
  });
});

describe('CIFAR archives', () => {
  const write = async (content: Buffer) => writeFiles(folder.path, { [ARCHIVE]: content });

  it('may hold the files anywhere, beside others', async () => {
    const notes = { 'NOTES.txt': Buffer.alloc(5_000), 'x/y/batches.meta.txt': Buffer.from('cat\n') };
    const moved = Object.fromEntries(Object.entries(FILES).map(([name, content]) => [`./deep/er/${name}`, content]));
    await write(await encodeTarGz({ ...notes, ...moved }));
    expect((await read()).train).toEqual(CONTENT.train);
  });

  it('notice any flipped byte of a header', async () => {
    const archive = await encodeTar(FILES);
    await fc.assert(
      // The checksum covers the header's padding as well, but not its own eight bytes, where '0' and ' ' mean the same.
      fc.asyncProperty(
        fc.nat(511).filter((at) => at < 148 || at > 155),
        fc.integer({ min: 1, max: 255 }),
        async (at, mask) => {
          const damaged = Buffer.from(archive);
          damaged[at] ^= mask;
          await write(gzipSync(damaged, { level: 1 }));
          expect(await messageOf(read())).toMatch(
            /^cifar\/cifar-10-binary\.tar\.gz: expected a complete tar archive, /,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([
    ['a file twice', { 'a/test_batch.bin': FILES['test_batch.bin'] }, 'expected test_batch.bin once, found it twice'],
    ['a cut file', { 'test_batch.bin': FILES['test_batch.bin'].subarray(1) }, 'whole records of 3073 bytes'],
    ['an empty file', { 'test_batch.bin': Buffer.alloc(0) }, 'tar.gz:test_batch.bin: expected whole records'],
  ])('with %s are refused', async (_, files, message) => {
    await write(await encodeTarGz({ ...FILES, ...files }));
    expect(await messageOf(read())).toContain(message);
  });

  it('without a file are refused', async () => {
    const { 'data_batch_2.bin': _, ...rest } = FILES;
    await write(await encodeTarGz(rest));
    expect(await messageOf(read())).toContain(
      `cifar/${ARCHIVE}: expected data_batch_2.bin inside, found no such entry`,
    );
  });

  it('with endless entries are refused', async () => {
    const entries = Array.from({ length: 101 }, (_, i) => [`${i}.txt`, Buffer.from('x')] as const);
    await write(await encodeTarGz(Object.fromEntries(entries)));
    expect(await messageOf(read())).toContain('expected at most 100 entries, found more');
  });

  it('that unpack to far more than CIFAR are refused', async () => {
    // Zeros are empty tar blocks: skipped, but unpacked all the same.
    const zeros = gzipSync(Buffer.alloc(2 ** 20));
    await write(Buffer.concat([await encodeTarGz({}), ...new Array<Buffer>(300).fill(zeros)]));
    expect(await messageOf(read())).toContain('expected at most 268435456 bytes unpacked, found more');
  });

  it('that are no gzip are refused by inspection', async () => {
    await write(await encodeTar(FILES));
    expect(await messageOf(cifar10Reader.inspect(folder))).toContain('expected a complete gzip file');
  });
});
