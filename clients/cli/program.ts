import { Command, Option } from '@commander-js/extra-typings';
import type { CliIo } from './cli-io.ts';
import { projectVersion } from './cluster/project-paths.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { healthCommand } from './commands/health.ts';
import { indexSetCommand } from './commands/index-set.ts';
import { runCommand } from './commands/run.ts';
import { scorerCommand } from './commands/scorer.ts';
import { scorersCommand } from './commands/scorers.ts';
import { selectCommand } from './commands/select.ts';
import { serveCommand } from './commands/serve.ts';
import { uploadCommand } from './commands/upload.ts';
import { defaultAddresses } from './connections.ts';
import { demoCommand } from './demo/command.ts';
import { compareCommand } from './study/command.ts';

const EXAMPLES = `
Examples:
  winnow demo --quick                          compare full and pruned training on MNIST, in about a minute
  winnow serve                                 start the services here, to be called over gRPC
  winnow run create --scorer random --watch    train on a random 30 %
  winnow run list --json                       every run, for a script`;

/** The whole command line. */
export function buildProgram(io: CliIo): Command {
  const program = new Command('winnow')
    .description('Data pruning for faster adversarial training.')
    .addOption(
      new Option('--training <address>', 'host:port of the training service')
        .env('WINNOW_TRAINING_ADDRESS')
        .default(defaultAddresses.training),
    )
    .addOption(
      new Option('--scoring <address>', 'host:port of the scoring service')
        .env('WINNOW_SCORING_ADDRESS')
        .default(defaultAddresses.scoring),
    )
    .option('--json', 'machine-readable output')
    .option('--tls', 'call over TLS, trusting the system’s certificate authorities')
    .addOption(new Option('--tls-ca <file>', 'call over TLS, trusting this CA (PEM)').env('WINNOW_TLS_CA'))
    .addOption(new Option('--tls-cert <file>', 'client certificate (PEM)').env('WINNOW_CLIENT_CERT'))
    .addOption(new Option('--tls-key <file>', 'its private key (PEM)').env('WINNOW_CLIENT_KEY'))
    .addOption(new Option('--token-file <file>', 'file with the bearer token to send').env('WINNOW_TOKEN_FILE'))
    .version(projectVersion())
    .addHelpText('after', EXAMPLES);
  for (const command of [
    demoCommand,
    compareCommand,
    serveCommand,
    scorersCommand,
    scorerCommand,
    runCommand,
    indexSetCommand,
    selectCommand,
    evaluateCommand,
    uploadCommand,
    healthCommand,
  ]) {
    program.addCommand(command(io) as Command);
  }
  return program as unknown as Command;
}
