import type { SelectionFiles } from './run-messages.ts';

/** The names of what a round is scored with. */
export function filesOf(files: SelectionFiles | undefined): string[] {
  if (!files) return [];
  return [files.checkpoint.sha256, ...(files.signals ? [files.signals.sha256] : [])];
}
