import { Command } from '@commander-js/extra-typings';
import { wholeIn } from '../../clients/cli/args/numbers.ts';
import type { CliIo } from '../../clients/cli/cli-io.ts';

/** `bench scoring`: what cheaper scoring saves and costs. */
export function scoringBench(io: CliIo) {
  return new Command('scoring')
    .description('cheaper scoring attacks and reused signals: passes, residual under the full attack, overlap')
    .option('--epochs <n>', 'epochs that the scored model is trained', wholeIn({ min: 2 }), 30)
    .option('--data-root <folder>', 'folder with the folder cifar10', 'data')
    .action(async ({ epochs, dataRoot }) => {
      // Loads TensorFlow, which other benches don't need.
      const { measureScoring } = await import('./measure-scoring.ts');
      await measureScoring(epochs, dataRoot, io);
    });
}
