import { openSync, writeSync } from 'node:fs';
import { allTargets } from './all-targets.ts';
import { fuzz } from './fuzz.ts';

/** What the parent asks of a child. */
export interface FuzzTask {
  readonly from: number;
  readonly inputs: number;
  readonly seed: number;
  /** Where the number of the input under way is kept, so that it outlives a crash. */
  readonly progressFile: string;
}

process.once('message', async ({ progressFile, ...task }: FuzzTask) => {
  const progress = openSync(progressFile, 'w');
  const number = Buffer.alloc(8);
  const targets = await allTargets();
  try {
    const outcome = await fuzz({
      ...task,
      targets,
      before: (_, input) => {
        number.writeDoubleLE(input);
        writeSync(progress, number, 0, 8, 0);
      },
    });
    process.send!(outcome, () => process.exit(0));
  } finally {
    for (const target of targets) target.close?.();
  }
});
