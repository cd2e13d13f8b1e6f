import { Command } from '@commander-js/extra-typings';
import { processIo } from '../../clients/cli/cli-io.ts';
import { catchInterrupts } from '../../clients/cli/interrupt.ts';
import { describeError, errorLine } from '../../clients/cli/output/error-line.ts';
import { pipelineBench } from './pipeline.ts';
import { profileBench } from './profile.ts';
import { scaleBench } from './scale.ts';
import { scoringBench } from './scoring.ts';
import { selectBench } from './select.ts';
import { speedBench } from './speed-readme.ts';
import { stepBench } from './step.ts';
import { studyBench } from './study.ts';

// `npm run bench -- NAME`: the measurements behind the README's figures. Too long for tests; results are committed.

const interrupt = catchInterrupts();
const io = processIo(interrupt.signal);
const program = new Command('bench').description('The measurements behind the README’s figures.');
for (const bench of [
  studyBench,
  stepBench,
  profileBench,
  selectBench,
  pipelineBench,
  scoringBench,
  scaleBench,
  speedBench,
])
  program.addCommand(bench(io) as Command);
try {
  await program.parseAsync();
} catch (error) {
  const description = describeError(error);
  if (description === undefined) throw error;
  io.err(`bench: ${errorLine(description)}`);
  process.exitCode = 1;
}
process.exitCode = interrupt.exitCode() ?? process.exitCode;
interrupt.release();
