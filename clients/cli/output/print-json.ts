import { type DescMessage, type MessageShape, toJson } from '@bufbuild/protobuf';
import type { CliIo } from '../cli-io.ts';

/** Prints a message in protobuf's JSON form, on one line: what `run create -f` and other tools read. */
export function printJson<D extends DescMessage>(io: CliIo, schema: D, message: MessageShape<D>): void {
  io.out(JSON.stringify(toJson(schema, message)));
}
