import { DeviceMatMul } from '../../../services/numerics/mat-mul.ts';
import { selectCraig } from '../../../services/selection/craig.ts';
import { selectGlister } from '../../../services/selection/glister.ts';
import { selectGradMatch } from '../../../services/selection/grad-match.ts';
import type { GradientObjective } from '../../../services/selection/objective.ts';
import { findSelector, resolveParameters } from '../../../services/selection/registry.ts';
import type { ExampleSignals } from '../../../services/selection/signals.ts';
import { type MethodName, SCALE_CLASS_SIZE, SCALE_CLASSES, SCALE_FEATURES, SCALE_FRACTION } from './cases.ts';
import { watchPeak } from './peak-memory.ts';
import { type Scale, scaleLabel, scaleSignals, scaleSource } from './scale-source.ts';
import type { OurFigures } from './select-line.ts';

/** Training examples for each validation example: 10,000 at ImageNet's size. A share, so that cost can be compared. */
const EXAMPLES_PER_VALIDATION = 128;

function validationOf(scale: Scale): ExampleSignals {
  const count = Math.ceil(scale.examples / EXAMPLES_PER_VALIDATION);
  const indices = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * scale.examples) / count));
  return scaleSignals(scale, indices);
}

/** A method's choice from a scale's examples, whose signals come a block at a time; the time to make those is left out. */
export async function runAtScale(method: MethodName, n: number, objective: GradientObjective): Promise<OurFigures> {
  const scale = { examples: n, classes: SCALE_CLASSES, features: SCALE_FEATURES, classSize: SCALE_CLASS_SIZE };
  const source = scaleSource(scale, objective);
  const parameters = resolveParameters(findSelector(method), {});
  const labels = Uint16Array.from({ length: n }, (_, index) => scaleLabel(scale, index));
  const device = new DeviceMatMul();
  const common = { k: Math.round(SCALE_FRACTION * n), classes: scale.classes, matMul: device.multiply };
  const peak = watchPeak();
  const run = {
    'adv-grad-match': () => {
      const options = { lambda: parameters.get('lambda')!, atomsPerRound: parameters.get('atoms-per-round')! };
      return selectGradMatch(source, labels, { ...common, ...options });
    },
    'adv-craig': () => selectCraig(source, labels, common),
    'adv-glister': () => {
      const options = { rounds: parameters.get('rounds')!, eta: parameters.get('eta')!, classFloor: 0 };
      return selectGlister(source, labels, validation!, { ...common, ...options, objective });
    },
  }[method];
  const validation = method === 'adv-glister' ? validationOf(scale) : undefined;
  const started = performance.now();
  try {
    const { residual } = await run();
    return { seconds: (performance.now() - started) / 1000 - source.seconds, residual, peakMiB: peak() };
  } finally {
    device.dispose();
  }
}
