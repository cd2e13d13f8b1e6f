import { expect, test } from 'vitest';
import { allocatorEnvironment, serviceEnvironment } from '../../../../../clients/cli/cluster/process-env.ts';

test("a service gets the caller's environment without the command's own keys", () => {
  const base = {
    PATH: '/bin',
    WINNOW_TRAINING_ADDRESS: 'a:1',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c',
    GONE: undefined,
  };
  const env = serviceEnvironment({ WINNOW_LISTEN: '127.0.0.1:0' }, base);
  expect(env).toMatchObject({ PATH: '/bin', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', WINNOW_LISTEN: '127.0.0.1:0' });
  expect(env).not.toHaveProperty('WINNOW_TRAINING_ADDRESS');
  expect(env).not.toHaveProperty('GONE');
  expect(env.TF_CPP_MIN_LOG_LEVEL).toBe('2');
});

test("the caller's own settings of TensorFlow and the allocator win", () => {
  const env = serviceEnvironment({}, { TF_CPP_MIN_LOG_LEVEL: '0', MALLOC_TOP_PAD_: '1' });
  expect(env).toMatchObject({ TF_CPP_MIN_LOG_LEVEL: '0', MALLOC_TOP_PAD_: '1' });
});

test.each([
  ['2.36', 1024 ** 3],
  ['2.35', 1024 ** 3],
  ['2.31', 32 * 1024 ** 2],
  // Not 2.4: minor versions are whole numbers.
  ['2.40', 1024 ** 3],
])('glibc %s takes a threshold of %i bytes', (glibc, bytes) => {
  expect(allocatorEnvironment(glibc)).toMatchObject({
    MALLOC_MMAP_THRESHOLD_: `${bytes}`,
    MALLOC_TRIM_THRESHOLD_: `${bytes}`,
  });
});
