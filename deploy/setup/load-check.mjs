import { join } from 'node:path';
import { withScratch } from './scratch.mjs';
import { SetUpError } from './set-up-error.mjs';
import { runTool, tail } from './tool.mjs';

/** The first use of a GPU may compile kernels. */
const LOAD_TIMEOUT_MS = 300_000;
const TAIL_LINES = 8;

/** Node 24 has no `util.isNullOrUndefined`, which tfjs-node still calls. */
const PROGRAM = `
import util from 'node:util';
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
const { default: tf } = await import('@tensorflow/tfjs-node-gpu');
const [two] = tf.matMul(tf.ones([1, 2]), tf.ones([2, 1])).dataSync();
if (two !== 2) throw new Error('1 + 1 = ' + two);
console.log('computed on ' + (tf.backend().isUsingGpuDevice ? 'gpu' : 'cpu'));
`;

/**
 * Loads tfjs with the addon in a process of its own and computes something.
 * @param {import('./layout.mjs').Layout} layout
 * @param {import('./wheel.mjs').WheelContext} context
 * @returns {Promise<void>}
 * @throws {SetUpError} when it does not load
 */
export async function checkThatItLoads(layout, { env, log }) {
  log('checking that TensorFlow loads');
  await withScratch(layout.cache, async (scratch) => {
    const result = await runTool(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      cwd: layout.packageFolder,
      logFile: join(scratch, 'load.log'),
      env: { ...env, TF_CPP_MIN_LOG_LEVEL: '1' },
      timeoutMs: LOAD_TIMEOUT_MS,
    });
    if (!result.ok) throw new SetUpError([problem(result.signal)], tail(result.output, TAIL_LINES));
    if (layout.device === 'gpu' && !result.output.includes('computed on gpu')) {
      log(
        'TensorFlow sees no GPU and computes on the CPU: check that nvidia-smi shows one and its driver is 525 or newer',
      );
    }
  });
}

/** @param {string | null} signal */
function problem(signal) {
  if (signal === 'SIGILL') return 'this processor is too old for TensorFlow: it needs AVX instructions';
  if (signal)
    return `TensorFlow was stopped by ${signal} as it loaded: check the free memory, then run the set-up again`;
  return 'TensorFlow does not load: run the set-up again, and if that does not help delete the cache folder first';
}
