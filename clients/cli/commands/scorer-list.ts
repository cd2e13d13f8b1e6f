import { create } from '@bufbuild/protobuf';
import { Command } from '@commander-js/extra-typings';
import { ListScorersResponseSchema, type ScorerEndpoint } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withScoring } from '../connections.ts';
import { plainTable } from '../output/plain-table.ts';
import { printJson } from '../output/print-json.ts';

const NONE = 'no scorer services; register one with "winnow scorer register HOST:PORT"';

/** `winnow scorer list`: scorers that run as services. */
export function scorerListCommand(io: CliIo) {
  return new Command('list')
    .description('list the scorer services, where they are and whether they are ready')
    .action(async (_, command) => {
      const options = globalOptions(command);
      const endpoints = await withScoring(options, (scoring) => scoring.listScorerEndpoints({ signal: io.signal }));
      if (options.json) printJson(io, ListScorersResponseSchema, create(ListScorersResponseSchema, { endpoints }));
      else
        io.out(endpoints.length === 0 ? NONE : plainTable(['scorer', 'address', 'from', 'ready'], endpoints.map(row)));
    });
}

function row({ name, address, configured, ready, detail }: ScorerEndpoint): string[] {
  return [name, address, configured ? 'configuration' : 'registration', ready ? 'yes' : `no: ${detail}`];
}
