import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AttackPolicyKind } from '../../../proto/gen/winnow/v1/attack_policy_pb.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { Precision } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { AttackLoss, AttackStart, ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { RunSpecSchema, Schedule } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { resolveRun } from '../../../services/spec/run.ts';
import { expectRefused, refusal, UNKNOWN_VALUE } from './refusal.ts';

type RunInit = Omit<MessageInitShape<typeof RunSpecSchema>, '$typeName' | '$unknown'>;

const optimiser = { learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4 };
const attack = { epsilon: 0.2, stepSize: 0.1, steps: 2 };
const objective = { kind: ObjectiveKind.TRADES, attack };

const run = (init: RunInit = {}) =>
  create(RunSpecSchema, {
    dataset: { name: 'mnist' },
    model: { architecture: 'resnet' },
    objective,
    optimiser,
    epochs: 2,
    ...init,
  } as RunInit);

describe('resolveRun', () => {
  test('signals of training are not reused where most examples are not attacked in full', () => {
    const selection = { scorer: 'adv-grad-match', fraction: 0.3, reuseTrainingSignals: true };
    expect(resolveRun(run({ selection })).selection).toMatchObject({ reuseTrainingSignals: true });
    const bullet = run({ selection, attackPolicy: { kind: AttackPolicyKind.BULLET_TRAIN } });
    expect(refusal(() => resolveRun(bullet))).toMatchObject({
      fields: [{ field: 'spec.selection.reuse_training_signals' }],
    });
  });

  test('fills in every default', () => {
    expect(resolveRun(run())).toEqual(
      run({
        model: { architecture: 'resnet', depth: 8, width: 16 },
        objective: { ...objective, beta: 6 },
        optimiser: { ...optimiser, schedule: Schedule.CONSTANT },
        batchSize: 128,
        precision: Precision.F32,
        evaluation: {
          attack: {
            epsilon: 0.2,
            stepSize: 0.05,
            steps: 10,
            loss: AttackLoss.CROSS_ENTROPY,
            start: AttackStart.UNIFORM,
            restarts: 1,
          },
          progressExamples: 500,
        },
        attackPolicy: { kind: AttackPolicyKind.FIXED },
      }),
    );
  });

  test('keeps what is given', () => {
    const given = {
      name: 'n',
      seed: 2n ** 64n - 1n,
      batchSize: 4096,
      epochs: 10_000,
      augment: false,
      optimiser: { ...optimiser, schedule: Schedule.STEP, warmupUpdates: 7 },
      evaluation: { attack: { ...attack, restarts: 3 }, examples: 9, everyEpochs: 2, progressExamples: 8 },
    };
    expect(resolveRun(run(given))).toMatchObject(given);
    expect(resolveRun(run()).augment).toBeUndefined();
    expect(resolveRun(run()).selection).toBeUndefined();
  });

  const BAD: [string, RunInit][] = [
    ['name', { name: 'x'.repeat(201) }],
    ['dataset', { dataset: undefined } as unknown as RunInit],
    ['model.architecture', { model: undefined } as unknown as RunInit],
    ['model.width', { model: { architecture: 'resnet', width: 0 } }],
    ['objective', { objective: undefined } as unknown as RunInit],
    ['objective.attack.epsilon', { objective: { ...objective, attack: { ...attack, epsilon: 3 } } }],
    ['selection.fraction', { selection: { scorer: 'random', fraction: 0 } }],
    ['selection.max_staleness_epochs', { selection: { scorer: 'random', fraction: 1, maxStalenessEpochs: 1 } }],
    ['optimiser', { optimiser: undefined } as unknown as RunInit],
    ['optimiser.learning_rate', { optimiser: { ...optimiser, learningRate: 0 } }],
    ['optimiser.learning_rate', { optimiser: { ...optimiser, learningRate: Number.NaN } }],
    ['optimiser.learning_rate', { optimiser: { ...optimiser, learningRate: Number.POSITIVE_INFINITY } }],
    ['optimiser.momentum', { optimiser: { ...optimiser, momentum: 1 } }],
    ['optimiser.momentum', { optimiser: { ...optimiser, momentum: -0.1 } }],
    ['optimiser.momentum', { optimiser: { ...optimiser, momentum: Number.NaN } }],
    ['optimiser.weight_decay', { optimiser: { ...optimiser, weightDecay: -1 } }],
    ['optimiser.weight_decay', { optimiser: { ...optimiser, weightDecay: Number.POSITIVE_INFINITY } }],
    ['optimiser.schedule', { optimiser: { ...optimiser, schedule: UNKNOWN_VALUE } }],
    ['epochs', { epochs: 0 }],
    ['epochs', { epochs: 10_001 }],
    ['batch_size', { batchSize: 4097 }],
    ['precision', { precision: UNKNOWN_VALUE }],
    ['attack_policy.kind', { attackPolicy: { kind: UNKNOWN_VALUE } }],
    ['evaluation.attack.restarts', { evaluation: { attack: { ...attack, restarts: 101 } } }],
    ['evaluation.attack.epsilon', { evaluation: { attack: { ...attack, epsilon: Number.NaN } } }],
  ];

  test.each(BAD)('refuses %s: %o', (field, init) => {
    expectRefused(() => resolveRun(run(init)), `spec.${field}`);
  });

  test('needs a spec, and names models and scorers that it does not know', () => {
    expectRefused(() => resolveRun(undefined), 'spec');
    const reasonOf = (init: RunInit) => refusal(() => resolveRun(run(init))).reason;
    expect(reasonOf({ model: { architecture: 'vgg' } })).toBe(ErrorReason.UNKNOWN_MODEL);
    expect(reasonOf({ selection: { scorer: 'luck', fraction: 1 } })).toBe(ErrorReason.UNKNOWN_SCORER);
  });

  test('leaves the request as it was', () => {
    const request = run({ selection: { scorer: 'adv-grad-match', fraction: 0.5 } });
    const before = toBinary(RunSpecSchema, request);
    resolveRun(request);
    expect(toBinary(RunSpecSchema, request)).toEqual(before);
  });

  test('of a resolved spec changes nothing, also after a way over the wire', () => {
    const kinds = [ObjectiveKind.AT, ObjectiveKind.TRADES, ObjectiveKind.MART];
    const specs = fc.record(
      {
        epochs: fc.integer({ min: 1, max: 10_000 }),
        batchSize: fc.nat(4096),
        seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        augment: fc.boolean(),
        model: fc.record({ architecture: fc.constantFrom('small-cnn', 'resnet-18', 'resnet', 'wide-resnet') }),
        objective: fc.record({
          kind: fc.constantFrom(...kinds),
          attack: fc.record({ epsilon: fc.double({ min: 0, max: 1, noNaN: true }), steps: fc.constant(0) }),
        }),
        selection: fc.record({ scorer: fc.constantFrom('random', 'adv-grad-match'), fraction: fc.constant(0.3) }),
        evaluation: fc.record({ everyEpochs: fc.nat(5), progressExamples: fc.nat(9) }),
      },
      { requiredKeys: ['epochs'] },
    );
    fc.assert(
      fc.property(specs, (init) => {
        const once = resolveRun(run(init as RunInit));
        expect(resolveRun(once)).toEqual(once);
        const received = fromBinary(RunSpecSchema, toBinary(RunSpecSchema, once));
        expect(resolveRun(received)).toEqual(once);
      }),
    );
  });
});
