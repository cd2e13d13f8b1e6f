import { afterEach, expect, it } from 'vitest';
import { Contestant } from '../../../bench/step/contestant.ts';

/** A contestant that echoes, fails, or ends, as it is told. */
const PROGRAM = `
  const lines = require('node:readline').createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const { do: what, steps } = JSON.parse(line);
    if (what === 'end') { console.error('out of memory'); process.exit(3); }
    console.log(JSON.stringify(what === 'fail' ? { error: 'no such model' } : { ms: steps }));
  });
`;

let contestant: Contestant | undefined;

function start(program = PROGRAM, signal = new AbortController().signal): Contestant {
  const command = { name: 'peer', command: process.execPath, arguments: ['-e', program], env: process.env };
  contestant = new Contestant(command, signal);
  return contestant;
}

afterEach(async () => {
  await contestant?.end();
});

it('answers one command after another', async () => {
  const peer = start();
  expect(await peer.step(2)).toBe(2);
  expect(await peer.step(10)).toBe(10);
});

it('says in the contestant’s words why a command failed, and goes on', async () => {
  const peer = start();
  await expect(peer.ask({ do: 'fail' })).rejects.toThrow('peer: no such model');
  expect(await peer.step(1)).toBe(1);
});

it('says how a contestant ended, and what it printed last', async () => {
  await expect(start().ask({ do: 'end' })).rejects.toThrow('peer ended unexpectedly (exit code 3):\nout of memory');
});

it('says that a program is missing', async () => {
  const command = { name: 'peer', command: '/no/such/python', arguments: [], env: {} };
  contestant = new Contestant(command, new AbortController().signal);
  await expect(contestant.step(1)).rejects.toThrow(/^peer can't be started: .*\/no\/such\/python ENOENT/);
});

it('ends with the bench', async () => {
  const interrupt = new AbortController();
  const step = start('setInterval(() => {}, 1000)', interrupt.signal).step(1);
  interrupt.abort();
  await expect(step).rejects.toThrow('peer was interrupted');
});
