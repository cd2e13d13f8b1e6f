import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runSeries } from '../../../../../clients/cli/export/run-series.ts';
import { crc32c } from '../../../../../clients/cli/export/tensorboard/crc32c.ts';
import { TensorBoardExport } from '../../../../../clients/cli/export/tensorboard/tensorboard-export.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { readEventFile } from './event-file.ts';
import { endedRun, exportedRun } from './exported-run.ts';

test('CRC-32C is that of RFC 3720', () => {
  // B.4 of the RFC, and the check value of the CRC catalogue
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

describe('an event file', () => {
  test('holds every point of the run, in a folder that names it', async () => {
    const folder = temporaryFolder();
    const run = endedRun();
    const file = await new TensorBoardExport(folder).write(run);
    expect(file).toMatch(/pruned-a-r1[\\/]events\.out\.tfevents\.\d+\.winnow$/);
    const { version, scalars } = readEventFile(readFileSync(file));
    expect(version).toBe('brain.Event:2');
    const points = runSeries(run);
    expect(scalars).toHaveLength(points.length);
    for (const { name, step, value, timeMs } of points) {
      expect(scalars).toContainEqual({ tag: name, step, value: Math.fround(value), wallTime: timeMs / 1000 });
    }
  });

  test('is appended to while the run goes on, and written anew by another export', async () => {
    const folder = temporaryFolder();
    const followed = new TensorBoardExport(folder);
    const file = await followed.write(exportedRun(1));
    const before = readFileSync(file);
    await followed.write(exportedRun(2));
    await followed.write(exportedRun(2));
    const after = readFileSync(file);
    expect(after.subarray(0, before.length)).toEqual(before);
    const steps = (bytes: Uint8Array) =>
      readEventFile(bytes)
        .scalars.filter(({ tag }) => tag === 'train/loss')
        .map(({ step }) => step);
    expect(steps(after)).toEqual([1, 2]);
    expect(await new TensorBoardExport(folder).write(endedRun())).toBe(file);
    expect(steps(readFileSync(file))).toEqual([1, 2, 3]);
  });

  test('is read by TensorBoard itself', { timeout: 120_000 }, async ({ skip }) => {
    const python = process.env.WINNOW_TEST_TENSORBOARD_PYTHON ?? 'python3';
    if (!hasTensorBoard(python))
      skip(`${python} has no tensorboard; set WINNOW_TEST_TENSORBOARD_PYTHON to one that has`);
    const file = await new TensorBoardExport(temporaryFolder()).write(endedRun());
    const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]); events.Reload()
print(json.dumps([[tag, e.step, e.value] for tag in events.Tags()['scalars'] for e in events.Scalars(tag)]))`;
    const read = JSON.parse(execFileSync(python, ['-c', script, dirname(file)], { encoding: 'utf8' })) as unknown[];
    const expected = runSeries(endedRun()).map(({ name, step, value }) => [name, step, Math.fround(value)]);
    expect(read.toSorted()).toEqual(expected.toSorted());
  });

  test('that can not be written is said, with the remedy', async () => {
    const file = join(temporaryFolder(), 'taken');
    const taken = await new TensorBoardExport(file).write(exportedRun(1));
    await expect(new TensorBoardExport(taken).write(exportedRun(1))).rejects.toThrow(/can't be written.*--tensorboard/);
  });
});

function hasTensorBoard(python: string): boolean {
  try {
    execFileSync(python, ['-c', 'import tensorboard'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
