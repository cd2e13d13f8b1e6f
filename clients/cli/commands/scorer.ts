import { Command } from '@commander-js/extra-typings';
import type { CliIo } from '../cli-io.ts';
import { scorerCheckCommand } from './scorer-check.ts';
import { scorerListCommand } from './scorer-list.ts';
import { scorerRegisterCommand } from './scorer-register.ts';
import { scorerUnregisterCommand } from './scorer-unregister.ts';

/** `winnow scorer ...`: scorers that are services of their own. */
export function scorerCommand(io: CliIo) {
  const command = new Command('scorer').description(
    'list, register and check scorers that run as services of their own',
  );
  const parts = [scorerListCommand, scorerRegisterCommand, scorerUnregisterCommand, scorerCheckCommand];
  for (const part of parts) command.addCommand(part(io) as unknown as Command);
  return command;
}
