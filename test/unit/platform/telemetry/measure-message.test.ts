import { expect, test } from 'vitest';
import { invalidField } from '../../../../services/app-error.ts';
import { measureMessage } from '../../../../services/platform/telemetry/measure-message.ts';
import { recordedValue } from './recorded-metrics.ts';

const handled = {
  'messaging.system': 'nats',
  'messaging.operation.name': 'process',
  'messaging.destination.template': 'winnow.v1.index_set',
} as const;

test('messages are counted by what they are and how they failed', async () => {
  const handle = (work: () => Promise<unknown>) => measureMessage('process', 'winnow.v1.index_set', work);
  expect(await handle(async () => 7)).toBe(7);
  const failures = [
    () => Promise.reject(invalidField('x', 'is wrong')),
    () => Promise.reject(new TypeError('a fault')),
  ];
  for (const fail of failures) await expect(handle(fail)).rejects.toThrow();
  expect(await recordedValue('messaging.process.duration', handled)).toBe(1);
  for (const type of ['INVALID_FIELD', 'TypeError']) {
    expect(await recordedValue('messaging.process.duration', { ...handled, 'error.type': type })).toBe(1);
  }
  expect(await recordedValue('messaging.client.operation.duration', handled)).toBeUndefined();
});
