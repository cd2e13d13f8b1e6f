import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { summarySchema } from '../../../services/report/summary.ts';
import { writeReport } from '../../../services/report/write-report.ts';
import { fullAndPruned, runRecord } from './sample-runs.ts';

describe('writeReport', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'report-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function hashOf(file: string): Promise<string> {
    return createHash('sha256')
      .update(await readFile(join(root, file)))
      .digest('hex');
  }

  async function filesOf(folder: string): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll('\\', '/'),
      )
      .sort();
  }

  it('writes what it says into a folder it creates, and nothing else', async () => {
    const folder = join(root, 'reports', 'first');
    const { files, summary } = await writeReport(folder, fullAndPruned());
    expect(await filesOf(folder)).toEqual([...files].sort());
    expect(files).toEqual(
      expect.arrayContaining([
        'summary.json',
        'report.html',
        'plots/robust-accuracy.svg',
        'index-sets/adv-grad-match-30-round-0.json',
      ]),
    );
    const written = JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8'));
    expect(written).toEqual(summary);
    expect(summarySchema.parse(written)).toEqual(written);
  });

  it('writes index sets with the very indices and float32 weights', async () => {
    const records = fullAndPruned();
    const { summary } = await writeReport(root, records);
    const { file } = summary.runs[1]!.indexSets[1]!;
    const text = await readFile(join(root, file!), 'utf8');
    const set = JSON.parse(text);
    expect(set).toMatchObject({
      run: 'adv-grad-match 30%',
      runId: 'run-2',
      round: 1,
      scorer: 'adv-grad-match',
      fraction: 0.3,
      seed: '7',
      fromEpoch: 5,
      kept: 3600,
      weightMeaning: 'normalised-sum',
    });
    const source = records[1]!.indexSets[1]!;
    expect(set.indices.map((index: number, i: number) => index - (set.indices[i - 1] ?? 0))).toEqual(source.indexGaps);
    expect(set.weights.map(Math.fround)).toEqual(source.weights);
    expect(set.weights[0]).toBe(0.1);
    expect(text.split('\n').length).toBeLessThan(40);
  });

  it('writes sets without weights, and the last of a round made twice', async () => {
    const record = runRecord({ pruned: true });
    const again = { ...record.indexSets[0]!, weights: [], indexGaps: [4, 2], seed: 2n ** 60n };
    const { files } = await writeReport(root, [{ ...record, indexSets: [...record.indexSets, again] }]);
    expect(new Set(files).size).toBe(files.length);
    const set = JSON.parse(await readFile(join(root, 'index-sets/adv-grad-match-30-round-0.json'), 'utf8'));
    expect(set).toMatchObject({ indices: [4, 6], weights: null, seed: '1152921504606846976' });
  });

  it('keeps the files of equally and hostilely named runs apart and inside the folder', async () => {
    const names = ['../../x', 'x', 'X', '/etc/x', 'CON'];
    const { summary, files } = await writeReport(
      join(root, 'in'),
      names.map((name) => runRecord({ pruned: true, name })),
    );
    const sets = files.filter((file) => file.startsWith('index-sets/'));
    expect(new Set(sets.map((file) => file.toLowerCase())).size).toBe(3 * names.length);
    expect(await readdir(root)).toEqual(['in']);
    expect(summary.runs.map((run) => run.name)).toEqual(names);
  });

  it('replaces an earlier report and gives the same bytes for the same runs', async () => {
    await writeFile(join(root, 'summary.json'), 'old');
    const first = await writeReport(root, fullAndPruned());
    const bytes = await Promise.all(first.files.map(hashOf));
    const second = await writeReport(root, fullAndPruned());
    expect(second).toEqual(first);
    expect(await Promise.all(second.files.map(hashOf))).toEqual(bytes);
    expect(await filesOf(root)).toEqual([...first.files].sort());
  });

  it('writes nothing for an unknown baseline, and leaves no temporary file where it can not write', async () => {
    await expect(writeReport(join(root, 'none'), fullAndPruned(), { baseline: 'no' })).rejects.toThrow(/baseline/);
    expect(await readdir(root)).toEqual([]);
    await writeReport(root, [runRecord()]);
    await rm(join(root, 'report.html'));
    await mkdir(join(root, 'report.html', 'in the way'), { recursive: true });
    await expect(writeReport(root, [runRecord()])).rejects.toThrow();
    expect((await filesOf(root)).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });
});
