import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/fast-check-seed.ts'],
    pool: 'forks',
    // TensorFlow's greeting of every process says nothing about a test.
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
    // TensorFlow uses every core; two files at once only slow each other down.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
