import { Command } from '@commander-js/extra-typings';
import { namesList, seedsList } from '../args/lists.ts';
import { resolveSettings } from '../args/resolve-settings.ts';
import { withRunOptions } from '../args/setting-options.ts';
import type { CliIo } from '../cli-io.ts';
import { logLevelOption } from '../commands/serve.ts';
import { globalOptions } from '../connections.ts';
import { demoScorers, demoSeeds } from '../demo-defaults.ts';
import { defaultOutput } from './output-folder.ts';

/** `winnow demo`: everything in one go, from an empty machine to a report. */
export function demoCommand(io: CliIo) {
  const command = new Command('demo')
    .description('start a local cluster, train on full and on pruned data, and compare the two in a report')
    .option('--quick', 'a small comparison, about a minute')
    .option('--scorers <names>', `scorers to compare, "a,b" (default ${demoScorers.join(',')})`, namesList)
    .option('--seeds <numbers>', `seeds, one comparison each, "1,2,3" (default ${demoSeeds.join(',')})`, seedsList)
    .option('-o, --output <folder>', 'a new folder for the results (default winnow-run-DATE-TIME)')
    .option(
      '--data-root <folder>',
      'folder whose subfolders are data sets (default: one with the MNIST that comes along)',
    )
    .option('--keep', "keep nats-server's data below the output folder")
    .addOption(logLevelOption());
  return withRunOptions(command).action(async (options, self) => {
    const { quick, scorers, seeds, output, dataRoot, keep, logLevel, ...given } = options;
    const plan = {
      settings: resolveSettings(given, quick),
      scorers: scorers ?? demoScorers,
      seeds: seeds ?? demoSeeds,
      output: output ?? defaultOutput(),
      dataRoot,
      keep: keep === true,
      logLevel,
      json: globalOptions(self).json === true,
    };
    // The report's plotting library takes a while to load; only the demo waits for it.
    const { runDemo } = await import('./demo.ts');
    await runDemo(plan, io);
  });
}
