import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { CliIo } from '../../../../../clients/cli/cli-io.ts';
import { progressView } from '../../../../../clients/cli/progress/choose-view.ts';
import { LineView } from '../../../../../clients/cli/progress/line-view.ts';
import { initialProgress, type RunProgress } from '../../../../../clients/cli/progress/run-progress.ts';
import { RunState } from '../../../../../proto/gen/winnow/v1/run_pb.ts';

const at = (change: Partial<RunProgress>): RunProgress => ({
  ...initialProgress('full', 3),
  state: RunState.RUNNING,
  phase: 'train',
  ...change,
});

function lineView() {
  const lines: string[] = [];
  const clock = { now: 0 };
  const view = new LineView(
    (line) => lines.push(line),
    6,
    () => clock.now,
  );
  return { lines, clock, view };
}

test('away from a terminal, lines are plain, and one is written every few seconds', () => {
  const { lines, clock, view } = lineView();
  for (clock.now = 0; clock.now < 20_000; clock.now += 100) view.show(at({ phaseShare: clock.now / 20_000 }));
  expect(lines.map((line) => /train *\d* ?%?/.exec(line)?.[0].trim())).toEqual([
    'train',
    'train 25 %',
    'train 50 %',
    'train 75 %',
  ]);
  // No control characters at all: neither colours nor cursor movements.
  expect(lines.join('\n')).toMatch(/^[\x20-\x7e\n]+$/);
});

test('the end of an epoch, of a run and the start of the next are never left out', () => {
  const { lines, view } = lineView();
  view.show(at({}));
  view.show(at({ epochsDone: 1 }));
  view.show(at({ epochsDone: 1, phase: 'done', state: RunState.SUCCEEDED }));
  view.show(at({ epochsDone: 1, phase: 'done', state: RunState.SUCCEEDED }));
  view.show(at({ name: 'random' }));
  expect(lines.map((line) => line.split('  loss')[0].slice(0, 17))).toEqual([
    'full    epoch 1/3',
    'full    epoch 2/3',
    'full    epoch 1/3',
    'random  epoch 1/3',
  ]);
});

/** A stream that passes for a terminal, and what was drawn on it. */
function fakeTerminal() {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 160,
    rows: 40,
    cursorTo() {},
    moveCursor() {},
    clearLine() {},
    clearScreenDown() {},
  });
  let drawn = '';
  stream.on('data', (data) => {
    drawn += data;
  });
  return { terminal: stream as unknown as NodeJS.WriteStream, drawn: () => drawn };
}

test('on a terminal there is a bar for each run', async () => {
  const { terminal, drawn } = fakeTerminal();
  const view = progressView({ terminal, err: () => {} } as unknown as CliIo, 6);
  view.show(at({ share: 1, phase: 'done', state: RunState.SUCCEEDED }));
  view.show(at({ name: 'random', share: 0.5 }));
  view.note('random failed: loss is not finite');
  view.close();
  await new Promise(setImmediate);
  expect(drawn()).toContain('random failed: loss is not finite');
  const text = drawn();
  expect(text).toMatch(/full {3}\u2588{20} epoch/);
  expect(text).toMatch(/random \u2588{10}\u2591{10} epoch/);
});
