import { readFileSync } from 'node:fs';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { deviceInfo } from '../../../services/numerics/backend.ts';
import { DeviceMatMul } from '../../../services/numerics/mat-mul.ts';
import { rankOneGradients } from '../../../services/selection/gradients.ts';
import { subsetResidual } from '../../../services/selection/quality.ts';
import { findSelector, resolveParameters } from '../../../services/selection/registry.ts';
import type { ExampleSignals } from '../../../services/selection/signals.ts';
import { type Answers, answerLines } from './answer-lines.ts';
import type { ClassCase, MethodName } from './cases.ts';
import { watchPeak } from './peak-memory.ts';
import { runAtScale } from './run-at-scale.ts';
import type { OurFigures } from './select-line.ts';
import { syntheticClass } from './synthetic-class.ts';

// Our side of `bench select`: answers each line of JSON with one.

const AT = { kind: ObjectiveKind.AT, beta: 0, lambda: 0 };
const WARM_UP: ClassCase = { n: 500, k: 150, classes: 10, features: 512 };

/** The files that both sides read: float32, row-major. */
interface ClassFiles {
  readonly logits: string;
  readonly features: string;
}

function readFloats(file: string): Float32Array {
  const { buffer, byteOffset, length } = readFileSync(file);
  return new Float32Array(buffer, byteOffset, length / Float32Array.BYTES_PER_ELEMENT);
}

function readSignals({ n, classes, features }: ClassCase, files: ClassFiles): ExampleSignals {
  const adversarialLogits = readFloats(files.logits);
  const adversarialFeatures = readFloats(files.features);
  return { examples: n, classes, features, labels: new Uint16Array(n), adversarialLogits, adversarialFeatures };
}

/** One selection as the scoring service makes it. */
async function select(method: MethodName, signals: ExampleSignals, k: number, lambda?: number): Promise<OurFigures> {
  const selector = findSelector(method);
  const given = lambda !== undefined && method === 'adv-grad-match' ? { lambda } : {};
  const parameters = resolveParameters(selector, given);
  const matMul = new DeviceMatMul();
  const peak = watchPeak();
  const started = performance.now();
  try {
    const input = { signals, objective: AT, k, parameters, random: Math.random, classFloor: 0 };
    const { residual } = await selector.select({ ...input, matMul: matMul.multiply });
    return { seconds: (performance.now() - started) / 1000, residual: residual!, peakMiB: peak() };
  } finally {
    matMul.dispose();
  }
}

const answers: Answers = {
  async prepare() {
    const { n, k, classes, features } = WARM_UP;
    await select('adv-grad-match', syntheticClass(n, classes, features, 1n), k);
    const { device, version } = deviceInfo();
    return { versions: `TensorFlow ${version} on ${device}, Node ${process.versions.node}` };
  },
  select: ({ method, one, files, lambda }: { method: MethodName; one: ClassCase; files: ClassFiles; lambda: number }) =>
    select(method, readSignals(one, files), one.k, lambda),
  residual: ({ one, files, weights }: { one: ClassCase; files: ClassFiles; weights: string }) => {
    const all = readFloats(weights);
    const indices = Uint32Array.from(all.keys()).filter((i) => all[i] !== 0);
    const kept = Float32Array.from(indices, (i) => all[i]);
    return { residual: subsetResidual(rankOneGradients(readSignals(one, files), AT), indices, kept) };
  },
  scale: ({ method, n }: { method: MethodName; n: number }) => runAtScale(method, n, AT),
};

await answerLines(answers);
