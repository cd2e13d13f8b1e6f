import { duration, percent } from '../output/words.ts';
import { hasEnded, type RunProgress } from './run-progress.ts';

/** Columns for the phase in front of the other figures: "evaluate 100 %". */
const PHASE_WIDTH = 14;

/** A run's figures in one line: "epoch 3/20  train 45 %  loss 0.812  clean 91.2 %  robust 70.1 %  kept 30 %  4 min 10 s left". */
export function progressLine(progress: RunProgress): string {
  const { epochsDone, epochs, phase, phaseShare, secondsLeft } = progress;
  const busy = !hasEnded(progress.state) && phaseShare > 0;
  // The figures are those of the epoch in progress, which counts from 1, or of the one that has just ended.
  const isOver = hasEnded(progress.state) || phase === 'finished';
  const epoch = isOver ? epochsDone : Math.min(epochs, epochsDone + 1);
  return [
    `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
    `${phase}${busy ? ` ${percent(phaseShare, 0)}` : ''}`.padEnd(PHASE_WIDTH),
    progress.loss === undefined ? 'loss -' : `loss ${progress.loss.toPrecision(4)}`,
    `clean ${accuracy(progress.clean)}`,
    `robust ${accuracy(progress.robust)}`,
    `kept ${percent(progress.keptShare)}`,
    secondsLeft === undefined ? '' : `${duration(secondsLeft)} left`,
  ]
    .join('  ')
    .trimEnd();
}

function accuracy(value: number | undefined): string {
  return value === undefined ? '-' : percent(value);
}
