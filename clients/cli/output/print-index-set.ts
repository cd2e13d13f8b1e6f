import { toJsonString } from '@bufbuild/protobuf';
import { type IndexSet, IndexSetSchema } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import type { CliIo } from '../cli-io.ts';
import { indexLines, indexSetText } from './index-set-text.ts';
import { printJson } from './print-json.ts';
import { writeOutput } from './write-output.ts';

/** Prints an index set as its command was asked to: facts, bare indices or JSON; and writes it where a file is given. */
export function printIndexSet(
  io: CliIo,
  set: IndexSet,
  options: { indices?: true | undefined; output?: string | undefined; json?: true | undefined },
): void {
  if (options.output !== undefined) writeOutput(options.output, `${toJsonString(IndexSetSchema, set)}\n`);
  if (options.json) printJson(io, IndexSetSchema, set);
  else io.out(options.indices ? indexLines(set) : indexSetText(set));
}
