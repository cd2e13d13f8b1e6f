import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';
import { startCli } from './cli-process.ts';
import { INSTALL_TIMEOUT_MS, type PythonEnvironment, pythonEnvironment } from './python-environment.ts';
import { type Stack, startStack } from './services/stack.ts';

const { root } = projectPaths();
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The commands that a section shows, indented by four spaces, outside of its code blocks. */
function commandsOf(section: string): string[] {
  const text = new RegExp(`^## ${section}\\n([\\s\\S]*?)^## `, 'm').exec(readme)?.[1] ?? '';
  return [...text.replace(/```[\s\S]*?```/g, '').matchAll(/^ {4}(\S.*)$/gm)].map(([, command]) => command!);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let python: PythonEnvironment;
let stack: Stack;
let places: (command: string) => string;
let addresses: string[];

beforeAll(async () => {
  // installs the package with pip from its folder, as the sections' first command does
  python = await pythonEnvironment();
  stack = await startStack('scoring', 'training');
  const [scoring, training] = await Promise.all([stack.addressOf('scoring'), stack.addressOf('training')]);
  addresses = ['--scoring', scoring, '--training', training];
  const scorer = `127.0.0.1:${await freePort()}`;
  places = (command) => command.replaceAll('127.0.0.1:7442', scoring).replaceAll('127.0.0.1:7450', scorer);
}, INSTALL_TIMEOUT_MS);
afterAll(() => stack?.stop());

/** Runs a command of the README, from the project's root; one that serves is left running. */
async function run(command: string): Promise<string> {
  const [program, ...args] = places(command).split(' ');
  if (program === 'python') {
    const scripts = args.map((word) =>
      word.startsWith('clients/') || word.startsWith('node_modules/') ? join(root, word) : word,
    );
    if (!args.includes('--listen')) return python.run(scripts);
    const [line] = await python.start(scripts).said(/listens on .*/);
    return line;
  }
  expect([program, ...args.slice(0, 3)].join(' ')).toBe('npm run winnow --');
  const { code, out, err } = await startCli(...addresses, ...args.slice(3)).exited;
  expect({ code, err: code === 0 ? '' : err + out }).toEqual({ code: 0, err: '' });
  return out + err;
}

describe('the README', { timeout: 300_000 }, () => {
  test('“Plug in a scorer” works as it stands', async () => {
    const [install, ...commands] = commandsOf('Plug in a scorer');
    expect(install).toBe('pip install ./clients/python');
    const outputs: string[] = [];
    for (const command of commands) outputs.push(await run(command));
    expect(commands.length).toBe(4);
    expect(outputs[1]).toMatch(/keeps the contract/);
    expect(outputs[3]).toMatch(/succeeded/i);
  });

  test('“Use it from PyTorch” works as it stands', async () => {
    const commands = commandsOf('Use it from PyTorch');
    const recipe = commands.find((command) => command.startsWith('python '));
    const lines = (await run(recipe!)).trim().split('\n');
    expect(JSON.parse(lines.at(-1)!)).toEqual({ clean: expect.any(Number), robust: expect.any(Number) });
    expect(JSON.parse(lines[0]!)).toMatchObject({ round: 0, kept: 300 });
  });
});
