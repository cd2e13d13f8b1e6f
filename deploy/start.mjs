// Runs any `winnow` command from a fresh checkout: sets up what it needs, compiles what has changed, then runs it in
// this same process, so that signals and exit codes need no passing on.
//
//   node deploy/start.mjs                 the demo
//   node deploy/start.mjs --quick ..      the demo with options
//   node deploy/start.mjs serve ..        any other command; "help" lists them
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entry = join(root, 'dist', 'clients', 'cli', 'main.js');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
// Without the tests: a test that doesn't compile is no reason not to run.
const project = join(root, 'deploy', 'tsconfig.start.json');
const COMMANDS = [
  'demo',
  'serve',
  'scorers',
  'run',
  'index-set',
  'select',
  'evaluate',
  'compare',
  'scorer',
  'upload',
  'health',
  'help',
];
// These start TensorFlow and nats-server on this machine; all others only call a service.
const LOCAL = ['demo', 'serve', 'compare'];

function fail(message) {
  console.error(`winnow: ${message}`);
  process.exit(1);
}

/** The command line with its command: options alone are the demo's. */
function withCommand(given) {
  const isNamed = given.some((word) => COMMANDS.includes(word)) || (given[0] && !given[0].startsWith('-'));
  return isNamed ? given : ['demo', ...given];
}

function compile() {
  if (!existsSync(compiler)) {
    // A production install comes compiled and without the compiler.
    if (!existsSync(entry)) fail(`nothing is installed in ${root}; run "npm ci" there first`);
    return;
  }
  const { status } = spawnSync(process.execPath, [compiler, '-b', project], { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail('the sources do not compile; see above');
}

async function setUpLocal() {
  const { setUp } = await import('./setup/set-up.mjs');
  const { printSetUpError } = await import('./setup/set-up-error.mjs');
  try {
    await setUp({ log: (line) => console.error(`set-up: ${line}`) });
  } catch (error) {
    printSetUpError(error);
    process.exit(1);
  }
}

const words = withCommand(process.argv.slice(2));
const command = words.find((word) => COMMANDS.includes(word));
const onlyTells = ['help', '--help', '-h', '--version', '-V'].some((word) => words.includes(word));

// Help answers at once, from what was compiled last.
if (!(onlyTells && existsSync(entry))) {
  if (!onlyTells && LOCAL.includes(command)) await setUpLocal();
  compile();
}
process.argv = [process.execPath, entry, ...words];
await import(pathToFileURL(entry).href);
