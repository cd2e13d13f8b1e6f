import type { RunProgress } from './run-progress.ts';

/** Shows how far runs are. */
export interface ProgressView {
  /** Shows a run's newest figures; runs are told apart by name. */
  show(progress: RunProgress): void;
  /** Says something beside the progress. */
  note(text: string): void;
  /** Ends the display; nothing is shown afterwards. */
  close(): void;
}
