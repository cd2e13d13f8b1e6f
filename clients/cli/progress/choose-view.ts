import type { CliIo } from '../cli-io.ts';
import { BarView } from './bar-view.ts';
import { LineView } from './line-view.ts';
import type { ProgressView } from './progress-view.ts';

/** Bars on a terminal, plain lines elsewhere; names are padded to `nameColumns`, so that the runs' figures align. */
export function progressView(io: CliIo, nameColumns = 0): ProgressView {
  return io.terminal === undefined ? new LineView(io.err, nameColumns) : new BarView(io.terminal, nameColumns);
}
