import { natsBinary } from '../../../clients/cli/preflight/nats-binary.ts';

/** The nats-server that the command itself would use. */
export async function testNatsServer(): Promise<string> {
  const given = process.env.WINNOW_NATS_SERVER_BIN;
  if (given !== undefined) return given;
  const binary = natsBinary({ err: () => {} });
  await binary.find();
  return binary.path();
}
