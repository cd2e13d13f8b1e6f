import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ObjectiveKind } from '../../../../../proto/gen/winnow/v1/objective_pb.ts';
import { type Run, RunSchema, RunState } from '../../../../../proto/gen/winnow/v1/run_pb.ts';

/** When the run began, in milliseconds since 1970. */
export const STARTED_MS = 1_790_000_000_250;

const started = { seconds: BigInt(Math.floor(STARTED_MS / 1000)), nanos: 250_000_000 };

type RunInit = Omit<MessageInitShape<typeof RunSchema>, '$typeName' | '$unknown'>;

/** A run of so many epochs, the last of them measured; ended where `changes` say so. */
export function exportedRun(epochs: number, changes: RunInit = {}): Run {
  const evaluation = { cleanAccuracy: 0.75, robustAccuracy: 0.5 };
  const run: RunInit = {
    id: 'r1',
    state: RunState.RUNNING,
    spec: {
      name: 'pruned/a',
      epochs: 3,
      seed: 2n ** 60n,
      dataset: { name: 'mnist' },
      model: { architecture: 'small-cnn' },
      objective: { kind: ObjectiveKind.TRADES, beta: 6, attack: { epsilon: 0.3, stepSize: 0.1, steps: 10 } },
      selection: { scorer: 'adv-grad-match', fraction: 0.5, everyEpochs: 1, parameters: { lambda: 0.5 } },
    },
    dataset: { trainExamples: 1000, fingerprint: 'f'.repeat(64) },
    device: 'cpu',
    createdAt: started,
    startedAt: started,
    epochsDone: epochs,
    history: Array.from({ length: epochs }, (_, epoch) => ({
      epoch,
      loss: 2 / (epoch + 1),
      trainRobustAccuracy: 0.25,
      learningRate: 0.1,
      examples: 500,
      updates: 4 * (epoch + 1),
      seconds: 10 * (epoch + 1),
      attackGroups: { outlier: 100, boundary: 300, robust: 100 },
      ...(epoch === epochs - 1 && { evaluation }),
    })),
    rounds: [{ round: 0, fromEpoch: 0, kept: 500, quality: { residual: 0.125, effectiveSampleSize: 400 } }],
    cost: { seconds: { attack: 6, update: 3, total: 10 * epochs }, passes: { forward: 9000n, backward: 8000n } },
    ...changes,
  };
  return create(RunSchema, run as MessageInitShape<typeof RunSchema>);
}

/** The run as it ended. */
export function endedRun(): Run {
  return exportedRun(3, {
    state: RunState.SUCCEEDED,
    endedAt: { seconds: started.seconds + 40n, nanos: 0 },
    result: { cleanAccuracy: 0.8, robustAccuracy: 0.55 },
  });
}
