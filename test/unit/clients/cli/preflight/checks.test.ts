import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { dataRoot } from '../../../../../clients/cli/cluster/data-root.ts';
import {
  datasetPresent,
  freeDisk,
  freePort,
  splitAddress,
  writableFolder,
} from '../../../../../clients/cli/preflight/checks.ts';
import { runChecks } from '../../../../../clients/cli/preflight/run-checks.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('every check is told on its own line, and all failures count', async () => {
  const folder = temporaryFolder();
  const lines: string[] = [];
  const checks = [
    writableFolder('output', folder, '--output'),
    freeDisk(folder, '--output', 2 ** 60),
    datasetPresent(folder, 'mnist'),
  ];
  await expect(runChecks(checks, { err: (line) => lines.push(line) })).rejects.toThrow(
    '2 of 3 checks failed; nothing was started',
  );
  expect(lines).toHaveLength(3);
  expect(lines[0]).toBe(`  ok    output    ${folder}`);
  expect(lines[1]).toMatch(
    /^ {2}FAIL {2}disk {6}[\d.]+ GiB free at .* GiB needed; free some, or choose with --output$/,
  );
  expect(lines[2]).toMatch(
    /^ {2}FAIL {2}data set {2}.*mnist is missing or empty; .*--data-root, or choose with --dataset/,
  );
});

test('a folder below a file can not be written', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const find = () => writableFolder('output', join(file, 'run'), '--output').find();
  expect(find).toThrow(/can't be written \(.*\); give another one with --output/);
});

test('a port in use is told with its option', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = `127.0.0.1:${(server.address() as { port: number }).port}`;
  const check = async () => freePort('training port', address, '--training').find();
  await expect(check()).rejects.toThrow(
    `can't listen on ${address} (EADDRINUSE); give another address with --training`,
  );
  expect(await freePort('ports', '127.0.0.1:0', '').find()).toBe('a free port on 127.0.0.1');
});

test('addresses are host:port', () => {
  expect(splitAddress('127.0.0.1:7441', '--training')).toEqual({ host: '127.0.0.1', port: 7441 });
  expect(splitAddress('[::1]:0', '--training')).toEqual({ host: '::1', port: 0 });
  for (const address of ['localhost', ':7441', 'localhost:99999', 'localhost:x']) {
    expect(() => splitAddress(address, '--training')).toThrow(`${address} is no host:port; correct --training`);
  }
});

test('the data sets that are there are named', () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'cifar-10'));
  expect(() => datasetPresent(root, 'mnist').find()).toThrow('(there: cifar-10)');
});

test('the default data root holds the MNIST that comes along', () => {
  const root = dataRoot(undefined, temporaryFolder());
  expect(datasetPresent(root, 'mnist').find()).toBe(join(root, 'mnist'));
  expect(dataRoot('/some/where', 'unused')).toBe('/some/where');
});
