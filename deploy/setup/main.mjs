#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUp } from './set-up.mjs';
import { printSetUpError, SetUpError } from './set-up-error.mjs';

export { setUp };

const USAGE = 'usage: node deploy/setup/main.mjs [--quiet]';

/** @returns {{ quiet: boolean }} */
function readArguments() {
  try {
    const { values } = parseArgs({ options: { quiet: { type: 'boolean', default: false } } });
    return { quiet: values.quiet ?? false };
  } catch (error) {
    throw new SetUpError([`${/** @type {Error} */ (error).message}; ${USAGE}`]);
  }
}

async function main() {
  try {
    const { quiet } = readArguments();
    const log = quiet ? () => {} : (/** @type {string} */ line) => console.log(`set-up: ${line}`);
    const { changed, device } = await setUp({ log });
    if (!changed) log(`TensorFlow for the ${device.toUpperCase()} is in place`);
  } catch (error) {
    printSetUpError(error);
    process.exitCode = 1;
  }
}

const isProgram = process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isProgram) await main();
