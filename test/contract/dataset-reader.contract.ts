import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { DatasetSpecSchema } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../services/app-error.ts';
import type { DataFolder } from '../../services/dataset/data-folder.ts';
import { imageSize, type Split } from '../../services/dataset/dataset.ts';
import { loadDataset } from '../../services/dataset/load.ts';
import type { DatasetReader, Decoded } from '../../services/dataset/readers/reader.ts';
import { useDataRoot } from '../unit/dataset/fixtures/data-root.ts';

/** One way of laying files out, and what must be read from it. */
export interface ReaderCase {
  readonly title: string;
  readonly reader: DatasetReader;
  /** What the files hold, in file order. */
  readonly content: Decoded;
  /** Writes the files into an empty folder. */
  write(path: string, content: Decoded): Promise<void>;
  /** Whether inspect() can count without unpacking. */
  readonly countsKnown: boolean;
}

const all = (_: string, labels: Uint16Array) => Uint32Array.from(labels.keys());

/** What every reader promises: exact pixels, what was picked and no more, and one kind of error for broken files. */
export function describeDatasetReader(layout: ReaderCase): void {
  const { reader, content } = layout;

  describe(`dataset reader: ${layout.title}`, () => {
    const root = useDataRoot();
    let folder: DataFolder;

    beforeEach(async () => {
      folder = await root.folder('data');
      await layout.write(folder.path, content);
    });

    const load = () => loadDataset(create(DatasetSpecSchema, { name: 'data' }), root.path);
    const files = async () => {
      const entries = await readdir(folder.path, { withFileTypes: true, recursive: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    };

    it('recognises its own files and no others', async () => {
      expect(reader.detect(new Set(await readdir(folder.path)))).toBe(true);
      expect(reader.detect(new Set(['README.md', 'data.csv', 'images']))).toBe(false);
      expect(reader.detect(new Set())).toBe(false);
    });

    it('reads every pixel, label and name', async () => {
      expect(await reader.read(folder, all)).toEqual(content);
    });

    it('reads the same twice', async () => {
      expect((await load()).fingerprint).toBe((await load()).fingerprint);
    });

    it('counts without reading pixels', async () => {
      const counts = { train: content.train.labels.length, test: content.test.labels.length };
      expect(await reader.inspect(folder)).toEqual(layout.countsKnown ? counts : undefined);
    });

    it('offers all labels to pick and returns the picked examples', async () => {
      const offered: Record<string, Uint16Array> = {};
      const pick = (split: string, labels: Uint16Array) => {
        offered[split] = labels;
        return Uint32Array.from(labels.keys()).filter((index) => index % 2 === 1);
      };
      const decoded = await reader.read(folder, pick);
      expect(offered).toEqual({ train: content.train.labels, test: content.test.labels });
      expect(decoded.train).toEqual(everySecond(content.train, imageSize(content)));
      expect(decoded.test).toEqual(everySecond(content.test, imageSize(content)));
    });

    it('passes on what pick throws', async () => {
      const refusal = new Error('not so many');
      const pick = () => {
        throw refusal;
      };
      await expect(reader.read(folder, pick)).rejects.toBe(refusal);
    });

    it('stops when cancelled', async () => {
      await expect(reader.read(folder, all, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('reports every missing file', async () => {
      for (const file of await files()) {
        const content = await readFile(file);
        await rm(file);
        // A class's only image or the archive itself leave nothing to name but the folder.
        const outcome = await load().then(
          (dataset) => dataset.train.labels.length + dataset.test.labels.length,
          (error: unknown) => error,
        );
        if (typeof outcome === 'number') expect(outcome).toBeLessThan(exampleCount(layout.content));
        else expectCorrupt(outcome, root.path);
        await writeFile(file, content);
      }
    });

    it('reports truncation at any byte', async () => {
      const paths = await files();
      const damage = fc.record({ file: fc.constantFrom(...paths), at: fc.double({ min: 0, max: 1, noNaN: true }) });
      await fc.assert(
        fc.asyncProperty(damage, async ({ file, at }) => {
          await withContent(file, cut(at), async () => expectCorrupt(await failureOf(load()), root.path));
        }),
        { numRuns: 25 },
      );
    });

    it('reports bytes after the end', async () => {
      for (const file of await files()) {
        const longer = (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('more')]);
        await withContent(file, longer, async () => expectCorrupt(await failureOf(load()), root.path));
      }
    });

    it('never fails otherwise than as corrupt, whichever byte is flipped', async () => {
      const paths = await files();
      const damage = fc.record({
        file: fc.constantFrom(...paths),
        // Most bytes are pixels: half of the runs go for the header.
        at: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 64 })),
        mask: fc.integer({ min: 1, max: 255 }),
      });
      await fc.assert(
        fc.asyncProperty(damage, async ({ file, at, mask }) => {
          await withContent(file, flip(at, mask), async () => {
            const failure = await load().then(
              () => undefined,
              (error: unknown) => error,
            );
            if (failure !== undefined) expectCorrupt(failure, root.path);
          });
        }),
        { numRuns: 40 },
      );
    });
  });
}

function exampleCount({ train, test }: Decoded): number {
  return train.labels.length + test.labels.length;
}

function everySecond({ images, labels }: Split, size: number): Split {
  const rows = Array.from(labels.keys()).filter((index) => index % 2 === 1);
  return {
    images: Uint8Array.from(rows.flatMap((row) => [...images.subarray(row * size, (row + 1) * size)])),
    labels: Uint16Array.from(rows.map((row) => labels[row])),
  };
}

function cut(at: number) {
  return (bytes: Buffer) => bytes.subarray(0, Math.floor(at * (bytes.length - 1)));
}

function flip(at: number, mask: number) {
  return (bytes: Buffer) => {
    const place = Number.isInteger(at) ? Math.min(at, bytes.length - 1) : Math.floor(at * (bytes.length - 1));
    const damaged = Buffer.from(bytes);
    damaged[place] ^= mask;
    return damaged;
  };
}

async function withContent(file: string, change: (bytes: Buffer) => Buffer, work: () => Promise<void>) {
  const original = await readFile(file);
  await writeFile(file, change(original));
  try {
    await work();
  } finally {
    await writeFile(file, original);
  }
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

function expectCorrupt(failure: unknown, root: string): void {
  expect(failure).toBeInstanceOf(AppError);
  const { reason, message } = failure as AppError;
  expect({ reason, message }).toMatchObject({ reason: ErrorReason.CORRUPT_DATASET });
  expect(message).toMatch(/^data.*: expected .+, found .+\. .+\.$/s);
  expect(message).not.toContain(root);
}
