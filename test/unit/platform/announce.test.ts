import { expect, test } from 'vitest';
import { boundAddress, workerBeside } from '../../../services/platform/announce.ts';

test.each([
  ['127.0.0.1:0', '127.0.0.1:5005'],
  ['0.0.0.0:4000', '0.0.0.0:5005'],
  ['localhost:0', 'localhost:5005'],
  ['[::1]:0', '[::1]:5005'],
])('a service that listens on %s is at %s', (listen, address) => {
  expect(boundAddress(listen, 5005)).toBe(address);
});

test('a worker lies beside its main file, compiled or not', () => {
  expect(workerBeside('file:///app/services/training/main.ts').pathname).toBe('/app/services/training/worker.ts');
  expect(workerBeside('file:///app/dist/training/main.js').pathname).toBe('/app/dist/training/worker.js');
});
