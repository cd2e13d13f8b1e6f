import { expect, test } from 'vitest';
import { AllowedAddresses, hostOf } from '../../../../services/scoring/external-scorers/scorer-address.ts';
import { expectRefused } from '../../spec/refusal.ts';

test.each([
  ['localhost:80', 'localhost'],
  ['Scorer-1.example.org:65535', 'scorer-1.example.org'],
  ['127.0.0.1:7450', '127.0.0.1'],
  ['[::1]:7450', '[::1]'],
])('%s is at %s', (address, host) => {
  expect(hostOf(address)).toBe(host);
});

test.each([
  '',
  'localhost',
  'localhost:',
  ':80',
  'localhost:0',
  'localhost:65536',
  'localhost:80/path',
  'http://localhost:80',
  'unix:7450',
  'DNS:7450',
  'dns:///localhost:80',
  'user@localhost:80',
  '::1:80',
  'local host:80',
])('%j is no address', (address) => {
  expect(hostOf(address)).toBeUndefined();
  expectRefused(() => new AllowedAddresses([], ['*']).check(address), 'address');
});

test('allows the hosts that are named and the addresses of the configuration, no others', () => {
  const allowed = new AllowedAddresses(['far.example.org:7450'], ['localhost', 'Near.example.org']);
  for (const address of ['localhost:1', 'near.EXAMPLE.org:2', 'far.example.org:7450']) allowed.check(address);
  for (const address of ['127.0.0.1:1', 'far.example.org:7451', 'x.localhost:1']) {
    expect(expectRefused(() => allowed.check(address), 'address')).toContain('WINNOW_SCORER_HOSTS');
  }
  new AllowedAddresses([], ['*']).check('anywhere.example.org:9');
});
