import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, invalidField } from '../../../../services/app-error.ts';
import { scriptedServer } from '../scripted-server.ts';
import { runAgainst } from './test-io.ts';

/** An address where nobody listens. */
async function unusedAddress(): Promise<string> {
  const server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

test('a refused request is one line with reason, field and remedy', async () => {
  const { address } = await scriptedServer({
    training: {
      createRun: async () => {
        throw invalidField('spec.selection.fraction', 'must be in (0,1]; 0.3 keeps 30 %');
      },
    },
  });
  const { code, out, err } = await runAgainst(address, ['run', 'create', '--scorer', 'random']);
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toBe('winnow: INVALID_FIELD: spec.selection.fraction: must be in (0,1]; 0.3 keeps 30 %');
});

test('fields that the message does not name are added, still on one line', async () => {
  const { address } = await scriptedServer({
    training: {
      getRun: async () => {
        throw new AppError(ErrorReason.INVALID_FIELD, 'the request\nis wrong', {
          fields: [
            { field: 'run_id', description: 'is empty' },
            { field: 'round', description: 'is too large' },
          ],
        });
      },
    },
  });
  const { err } = await runAgainst(address, ['run', 'get', 'x']);
  expect(err).toBe('winnow: INVALID_FIELD: the request is wrong; run_id: is empty; round: is too large');
});

test('with --json the error is JSON on stderr, and stdout stays empty', async () => {
  const { address } = await scriptedServer({
    scoring: {
      getIndexSet: async () => {
        throw new AppError(ErrorReason.UNKNOWN_INDEX_SET, 'run r1 has no round 7');
      },
    },
  });
  const { code, out, err } = await runAgainst(address, ['index-set', 'get', 'r1', '7', '--json']);
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(JSON.parse(err)).toEqual({
    error: { code: 'NOT_FOUND', reason: 'UNKNOWN_INDEX_SET', message: 'run r1 has no round 7', fields: [] },
  });
});

test('where no service answers, the remedy is said', async () => {
  const address = await unusedAddress();
  const { code, err } = await runAgainst(address, ['scorers']);
  expect(code).toBe(1);
  expect(err).toMatch(
    /^winnow: UNAVAILABLE: .*ECONNREFUSED 127\.0\.0\.1:\d+; start the services with "winnow serve", or .*--scoring$/,
  );
});

test('a fault of the service keeps its id', async () => {
  const { address } = await scriptedServer({
    training: {
      cancelRun: async () => {
        throw new TypeError('secret path');
      },
    },
  });
  const { err } = await runAgainst(address, ['run', 'cancel', 'r1']);
  expect(err).toMatch(/^winnow: INTERNAL: internal error [0-9a-f-]{36}$/);
});

test.each([
  [['frobnicate'], /unknown command 'frobnicate'/],
  [['run', 'get'], /missing required argument 'id'/],
  [['run', 'create', '--fraction', '0'], /--fraction.*above 0 and at most 1/],
  [['run', 'create', '--epsilon', 'eight'], /--epsilon.*a ratio such as 8\/255/],
  [['demo', '--objective', 'trade'], /--objective.*Allowed choices are at, fast-at, trades, mart/],
  [['demo', '--seeds', '1,1'], /--seeds.*twice/],
  [['select'], /required option '--scorer <name>' not specified/],
  [['index-set', 'get', 'r1', '-1'], /'round'. give a whole number/],
])('the command line %j is refused with exit code 2', async (line, message) => {
  const { code, err } = await runAgainst('127.0.0.1:1', line);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test.each([['--help'], ['demo', '--help'], ['run', 'create', '--help'], ['--version']].map((line) => [line]))(
  '%j answers on stdout with exit code 0',
  async (line) => {
    const { code, out, err } = await runAgainst('127.0.0.1:1', line);
    expect(code).toBe(0);
    expect(out).not.toBe('');
    expect(err).toBe('');
  },
);
