import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { progressLine } from './progress-line.ts';
import type { ProgressView } from './progress-view.ts';
import type { RunProgress } from './run-progress.ts';

// Steps of a bar; finer than any terminal shows.
const STEPS = 1_000;
// Leaves room for the figures on a terminal of 120 columns.
const BAR_COLUMNS = 20;

/** Progress as one bar per run on a terminal. */
export class BarView implements ProgressView {
  readonly #bars: MultiBar;
  readonly #nameColumns: number;
  readonly #terminal: NodeJS.WriteStream;
  readonly #byName = new Map<string, SingleBar>();

  constructor(terminal: NodeJS.WriteStream, nameColumns = 0) {
    this.#nameColumns = nameColumns;
    this.#terminal = terminal;
    const format = '{name} {bar} {line}';
    const options = { format, stream: terminal, barsize: BAR_COLUMNS, fps: 5, linewrap: false };
    this.#bars = new MultiBar(options, Presets.shades_classic);
  }

  show(progress: RunProgress): void {
    const value = Math.round(progress.share * STEPS);
    const payload = { name: progress.name.padEnd(this.#nameColumns), line: progressLine(progress) };
    const bar = this.#byName.get(progress.name);
    if (bar === undefined) this.#byName.set(progress.name, this.#bars.create(STEPS, value, payload));
    else bar.update(value, payload);
  }

  note(text: string): void {
    if (this.#bars.isActive) this.#bars.log(`${text}\n`);
    else this.#terminal.write(`${text}\n`);
  }

  close(): void {
    if (!this.#bars.isActive) return;
    // Stopping alone would drop notes that are still to be drawn.
    this.#bars.update();
    this.#bars.stop();
  }
}
