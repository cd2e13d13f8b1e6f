import { Command } from '@commander-js/extra-typings';
import type { CliIo } from '../cli-io.ts';
import { runCancelCommand } from './run-cancel.ts';
import { runCreateCommand } from './run-create.ts';
import { runDownloadCommand } from './run-download.ts';
import { runExplainCommand } from './run-explain.ts';
import { runExportCommand } from './run-export.ts';
import { runGetCommand } from './run-get.ts';
import { runListCommand } from './run-list.ts';
import { runWatchCommand } from './run-watch.ts';

/** `winnow run ...`: training runs. */
export function runCommand(io: CliIo) {
  const command = new Command('run').description('create, watch and fetch training runs');
  const parts = [
    runCreateCommand,
    runListCommand,
    runGetCommand,
    runWatchCommand,
    runExplainCommand,
    runCancelCommand,
    runDownloadCommand,
    runExportCommand,
  ];
  for (const part of parts) command.addCommand(part(io) as Command);
  return command;
}
