import { create } from '@bufbuild/protobuf';
import { Command } from '@commander-js/extra-typings';
import { type ScorerDescription, ScorerOutput } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ListScorersResponseSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withScoring } from '../connections.ts';
import { plainTable } from '../output/plain-table.ts';
import { printJson } from '../output/print-json.ts';

/** `winnow scorers`: what the scoring service can score with. */
export function scorersCommand(io: CliIo) {
  return new Command('scorers').description('list the scorers and their parameters').action(async (_, command) => {
    const options = globalOptions(command);
    const scorers = await withScoring(options, (scoring) => scoring.listScorers({ signal: io.signal }));
    if (options.json) printJson(io, ListScorersResponseSchema, create(ListScorersResponseSchema, { scorers }));
    else io.out(scorers.map(scorerText).join('\n\n'));
  });
}

/** One block per scorer: summaries are sentences, too long for a column. */
function scorerText(scorer: ScorerDescription): string {
  const gives = scorer.output === ScorerOutput.SET ? 'a set with weights' : 'scores';
  const head = `${scorer.name}  (version ${scorer.version}, gives ${gives})\n  ${scorer.summary}`;
  if (scorer.parameters.length === 0) return head;
  const rows = scorer.parameters.map((parameter) => [
    `  ${parameter.name}`,
    `${parameter.defaultValue}`,
    `${parameter.minimum} .. ${parameter.maximum}${parameter.integer ? ', whole' : ''}`,
    parameter.description,
  ]);
  return `${head}\n${plainTable(['  parameter', 'default', 'allowed', 'meaning'], rows)}`;
}
