import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { baseConfig, describeConfig, readConfig } from '../../../services/platform/config.ts';
import { ConfigError } from '../../../services/platform/config-error.ts';
import { nearestName } from '../../../services/platform/nearest-name.ts';

const schema = z.object({ ...baseConfig, queueLength: z.coerce.number().int().min(1).describe('runs that may wait') });

function problems(env: Record<string, string>): string[] {
  try {
    readConfig(schema, 'WINNOW_', env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message.split('\n');
  }
  return [];
}

describe('reading the settings', () => {
  test('keys are the fields in capitals, values are parsed, defaults filled in', () => {
    const env = { WINNOW_QUEUE_LENGTH: '7', WINNOW_NATS_URL: 'nats://a:1,nats://b:2', PATH: '/bin', OTHER: 'x' };
    expect(readConfig(schema, 'WINNOW_', env)).toEqual({
      listen: '127.0.0.1:0',
      natsUrl: 'nats://a:1,nats://b:2',
      dataRoot: 'data',
      logLevel: 'info',
      exitWithParent: false,
      allowInsecure: false,
      authRoleClaim: 'roles',
      queueLength: 7,
    });
  });

  test('all problems are listed, one a line, each naming the key', () => {
    const found = problems({
      WINNOW_LISTEN: 'nowhere',
      WINNOW_LOG_LEVEL: 'loud',
      WINNOW_NATS_ULR: 'x',
      WINNOW_EXIT_WITH_PARENT: 'maybe',
    });
    expect(found).toHaveLength(5);
    expect(found[0]).toBe('WINNOW_NATS_ULR is not known; did you mean WINNOW_NATS_URL?');
    expect(found).toContain('WINNOW_LISTEN=nowhere: must be host:port');
    expect(found).toContain('WINNOW_QUEUE_LENGTH is not set: runs that may wait');
    expect(found.filter((line) => line.startsWith('WINNOW_LOG_LEVEL=loud: '))).toHaveLength(1);
    expect(found.filter((line) => line.startsWith('WINNOW_EXIT_WITH_PARENT=maybe: '))).toHaveLength(1);
  });

  test('an unknown key that resembles none gets the whole list', () => {
    expect(problems({ WINNOW_QUEUE_LENGTH: '1', WINNOW_ZZZZZZZZZZZZZZZ: '1' })[0]).toContain(
      'known are WINNOW_LISTEN, ',
    );
  });

  test('an empty variable is unset', () => {
    expect(
      readConfig(schema, 'WINNOW_', { WINNOW_LISTEN: '', WINNOW_QUEUE_LENGTH: '1', WINNOW_OTHER: '' }).listen,
    ).toBe('127.0.0.1:0');
  });

  test('keys of other parts of Winnow are no error', () => {
    const env = {
      WINNOW_CACHE_DIR: '/c',
      WINNOW_DEVICE: 'cpu',
      WINNOW_NATS_SERVER_BIN: '/n',
      WINNOW_TRAINING_ADDRESS: 'a:1',
    };
    expect(problems({ ...env, WINNOW_QUEUE_LENGTH: '1' })).toEqual([]);
  });

  test.each(['0.0.0.0:50051', '[::1]:0', 'localhost:1'])('listens on %s', (listen) => {
    expect(problems({ WINNOW_QUEUE_LENGTH: '1', WINNOW_LISTEN: listen })).toEqual([]);
  });

  test.each(['http://a:1', 'nats://', 'nats://a:1 nats://b:1', 'a:4222'])('refuses NATS at %s', (natsUrl) => {
    expect(problems({ WINNOW_QUEUE_LENGTH: '1', WINNOW_NATS_URL: natsUrl })).toHaveLength(1);
  });

  test('the help has a line for each setting, with its default', () => {
    const lines = describeConfig(schema).split('\n');
    expect(lines).toHaveLength(Object.keys(schema.shape).length);
    expect(lines[0]).toMatch(/^WINNOW_LISTEN {2,}address to listen on.* \(default 127\.0\.0\.1:0\)$/);
    expect(lines.at(-1)).toMatch(/^WINNOW_QUEUE_LENGTH {2,}runs that may wait$/);
  });
});

describe('the nearest name', () => {
  test('of a name with one letter changed, left out or added is the name', () => {
    const names = ['WINNOW_LISTEN', 'WINNOW_NATS_URL', 'WINNOW_DATA_ROOT', 'WINNOW_LOG_LEVEL'];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), fc.constantFrom('X', '', 'XX'), (name, at, replacement) => {
        const position = at % name.length;
        expect(nearestName(name.slice(0, position) + replacement + name.slice(position + 1), names)).toBe(name);
      }),
    );
  });

  test('of something else is none', () => {
    expect(nearestName('abc', ['WINNOW_LISTEN'])).toBeUndefined();
    expect(nearestName('abc', [])).toBeUndefined();
  });
});
