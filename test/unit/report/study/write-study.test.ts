import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { studyRows } from '../../../../services/report/study/study-rows.ts';
import { writeStudy } from '../../../../services/report/study/write-study.ts';
import { sampleCell } from './sample-study.ts';

const cells = [sampleCell(), sampleCell({ scorer: 'adv-grad-match', fraction: 0.3 })];
const rows = studyRows(cells);

describe('writeStudy', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'study-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const filesBelow = async (folder: string) =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort();

  it('writes what it says into a folder it creates, the page last', async () => {
    const folder = join(root, 'results', 'study');
    const png = Uint8Array.of(1, 2, 3);
    const files = await writeStudy(folder, rows, cells, [{ title: 'Kept most', images: [{ png, caption: 'cat' }] }]);
    expect(await filesBelow(folder)).toEqual([...files].sort());
    expect(files.slice(-2)).toEqual(['study.json', 'study.html']);
    expect(files).toContain('plots/time-robust-cifar10-trades-0.3.svg');
    expect(JSON.parse(await readFile(join(folder, 'study.json'), 'utf8'))).toEqual({ rows, cells });
    const page = await readFile(join(folder, 'study.html'), 'utf8');
    expect(page).toContain(`data:image/png;base64,${Buffer.from(png).toString('base64')}`);
  });

  it('gives the same bytes again, beside files of others', async () => {
    await mkdir(join(root, 'cells'));
    await writeStudy(root, rows, cells);
    const before = await readFile(join(root, 'study.html'), 'utf8');
    await writeStudy(root, rows, cells);
    expect(await readFile(join(root, 'study.html'), 'utf8')).toBe(before);
    expect(await readdir(root)).toContain('cells');
  });

  it('leaves no half a page where it can not write', async () => {
    await mkdir(join(root, 'study.html', 'in the way'), { recursive: true });
    await expect(writeStudy(root, rows, cells)).rejects.toThrow();
    expect((await filesBelow(root)).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });
});
