import { progressLine } from './progress-line.ts';
import type { ProgressView } from './progress-view.ts';
import { hasEnded, type RunProgress } from './run-progress.ts';

// Often enough to see life, seldom enough to keep a log of a long run readable.
const INTERVAL_MS = 5_000;

/** Progress as plain lines: at the end of every epoch and of the run, and every few seconds between. */
export class LineView implements ProgressView {
  readonly #write: (line: string) => void;
  readonly #nameColumns: number;
  readonly #now: () => number;
  #last: { name: string; epochsDone: number; phase: string; at: number } | undefined;

  constructor(write: (line: string) => void, nameColumns = 0, now: () => number = Date.now) {
    this.#write = write;
    this.#nameColumns = nameColumns;
    this.#now = now;
  }

  show(progress: RunProgress): void {
    const { name, epochsDone, phase } = progress;
    const last = this.#last;
    const ended = hasEnded(progress.state) && phase !== last?.phase;
    const isNew = name !== last?.name || epochsDone !== last.epochsDone || ended;
    if (!isNew && this.#now() - last.at < INTERVAL_MS) return;
    this.#last = { name, epochsDone, phase, at: this.#now() };
    this.#write(`${name.padEnd(this.#nameColumns)}  ${progressLine(progress)}`);
  }

  note(text: string): void {
    this.#write(text);
  }

  close(): void {}
}
