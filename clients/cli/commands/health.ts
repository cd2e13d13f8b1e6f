import { Command, Option } from '@commander-js/extra-typings';
import { checkHealth, openChannel } from '../../../services/platform/rpc/client.ts';
import { wholeIn } from '../args/numbers.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, securityOf } from '../connections.ts';

/** `winnow health`: whether a server serves, for probes. */
export function healthCommand(io: CliIo) {
  return new Command('health')
    .description('ask a server whether it serves; the exit code says so')
    .argument('<address>', 'host:port')
    .option('--server-name <name>', 'name in its certificate, where it is not the host of the address')
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait').default(5).argParser(wholeIn({ min: 1, max: 3600 })),
    )
    .action(async (address, { serverName, timeout }, command) => {
      const channel = openChannel(address, { ...securityOf(globalOptions(command)), serverName });
      try {
        const serving = await checkHealth(channel, { timeoutMs: timeout * 1000, signal: io.signal });
        if (!serving) throw new CliError(`${address} is not serving yet`);
        io.out('serving');
      } finally {
        channel.close();
      }
    });
}
