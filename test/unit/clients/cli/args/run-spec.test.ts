import { Command } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import { resolveSettings } from '../../../../../clients/cli/args/resolve-settings.ts';
import { runSpec } from '../../../../../clients/cli/args/run-spec.ts';
import { withRunOptions } from '../../../../../clients/cli/args/setting-options.ts';
import { fullSize, quickSize } from '../../../../../clients/cli/demo-defaults.ts';
import { AttackPolicyKind } from '../../../../../proto/gen/winnow/v1/attack_policy_pb.ts';
import { Precision } from '../../../../../proto/gen/winnow/v1/model_pb.ts';
import { ObjectiveKind } from '../../../../../proto/gen/winnow/v1/objective_pb.ts';
import { Schedule } from '../../../../../proto/gen/winnow/v1/run_pb.ts';

/** The run that a command line asks for. */
function specOf(line: string, { scorer, quick }: { scorer?: string; quick?: boolean } = {}) {
  const command = withRunOptions(new Command()).exitOverride();
  command.parse(line.split(' ').filter(Boolean), { from: 'user' });
  return runSpec(resolveSettings(command.opts(), quick), { name: 'a run', seed: 7, scorer });
}

test('without options it is the preset', () => {
  expect(specOf('', { scorer: 'adv-grad-match' })).toMatchObject({
    name: 'a run',
    seed: 7n,
    dataset: { name: 'mnist', trainExamples: fullSize.trainExamples, testExamples: fullSize.testExamples },
    model: { architecture: 'small-cnn', dropout: 0 },
    objective: { kind: ObjectiveKind.TRADES, beta: 6, attack: { epsilon: 0.3, stepSize: 0.15, steps: 3 } },
    selection: { scorer: 'adv-grad-match', fraction: 0.3, everyEpochs: fullSize.selectEvery, warmStartEpochs: 0 },
    optimiser: { learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4, schedule: Schedule.COSINE },
    epochs: fullSize.epochs,
    batchSize: fullSize.batchSize,
    evaluation: { attack: { epsilon: 0.3, stepSize: 0.075, steps: 10, restarts: 1 }, examples: fullSize.evalExamples },
  });
});

test('every option reaches the request', () => {
  const line =
    '--dataset cifar-10 --train-examples 50 --validation-examples 20 --test-examples 60 --model wide-resnet --depth 10 --width 2 --dropout 0.1 ' +
    '--objective mart --lambda 4 --epsilon 8/255 --step-size 2/255 --steps 7 --epochs 3 --batch-size 32 ' +
    '--learning-rate 0.2 --momentum 0.8 --weight-decay 1e-3 --schedule step --warmup-updates 9 --no-augment --precision bf16 ' +
    '--score-steps 3 --score-step-size 1/255 --attack-policy bullet-train ' +
    '--fraction 1/4 --class-floor 0.5 --scorer-parameter rounds=4 --select-every 2 --warm-start 1 --max-staleness 1 ' +
    '--reuse-signals ' +
    '--eval-epsilon 4/255 --eval-step-size 1/255 --eval-steps 20 --eval-restarts 2 --eval-examples 40 --eval-every 1 ' +
    '--eval-progress-examples 30';
  expect(specOf(line, { scorer: 'craig' })).toMatchObject({
    dataset: { name: 'cifar-10', trainExamples: 50, validationExamples: 20, testExamples: 60 },
    model: { architecture: 'wide-resnet', depth: 10, width: 2, dropout: 0.1 },
    objective: { kind: ObjectiveKind.MART, lambda: 4, attack: { epsilon: 8 / 255, stepSize: 2 / 255, steps: 7 } },
    epochs: 3,
    batchSize: 32,
    optimiser: { learningRate: 0.2, momentum: 0.8, weightDecay: 1e-3, schedule: Schedule.STEP, warmupUpdates: 9 },
    augment: false,
    precision: Precision.BF16,
    selection: {
      fraction: 0.25,
      classFloor: 0.5,
      parameters: { rounds: 4 },
      everyEpochs: 2,
      warmStartEpochs: 1,
      maxStalenessEpochs: 1,
      reuseTrainingSignals: true,
      attack: { epsilon: 8 / 255, stepSize: 1 / 255, steps: 3 },
    },
    attackPolicy: { kind: AttackPolicyKind.BULLET_TRAIN },
    evaluation: {
      attack: { epsilon: 4 / 255, stepSize: 1 / 255, steps: 20, restarts: 2 },
      examples: 40,
      everyEpochs: 1,
      progressExamples: 30,
    },
  });
});

describe('what follows from what', () => {
  test('without a scorer the run is not pruned', () => {
    expect(specOf('--fraction 0.5').selection).toBeUndefined();
  });

  test('--quick is smaller, and single options still count', () => {
    expect(specOf('', { quick: true })).toMatchObject({ epochs: quickSize.epochs, batchSize: quickSize.batchSize });
    expect(specOf('--epochs 2', { quick: true })).toMatchObject({
      epochs: 2,
      dataset: { trainExamples: quickSize.trainExamples },
    });
  });

  test('images other than digits get a smaller radius and a deeper model', () => {
    const spec = specOf('--dataset cifar-10');
    expect(spec.objective?.attack).toMatchObject({ epsilon: 8 / 255, stepSize: 2 / 255, steps: 10 });
    expect(spec.evaluation?.attack).toMatchObject({ epsilon: 8 / 255, stepSize: 2 / 255 });
    expect(spec.model).toMatchObject({ architecture: 'resnet-small' });
    expect(spec.model?.dropout).toBeUndefined();
    expect(specOf('--dataset fashion-mnist').objective?.attack?.epsilon).toBe(0.3);
  });

  test('a radius alone keeps the ratio of step to radius, in evaluations too', () => {
    const spec = specOf('--epsilon 0.15');
    expect(spec.objective?.attack?.stepSize).toBeCloseTo(fullSize.stepSize / 2, 12);
    expect(spec.evaluation?.attack).toMatchObject({ epsilon: 0.15, stepSize: 0.0375 });
  });

  test('fast-at is AT with one step of 1.25 epsilon, unless steps or their size are given', () => {
    const attackOf = (line: string) => specOf(`--objective fast-at ${line}`).objective?.attack;
    expect(specOf('--objective fast-at').objective).toMatchObject({ kind: ObjectiveKind.AT });
    expect(attackOf('')).toMatchObject({ epsilon: 0.3, stepSize: 1.25 * 0.3, steps: 1 });
    expect(attackOf('--dataset cifar-10')).toMatchObject({ stepSize: 1.25 * (8 / 255), steps: 1 });
    expect(attackOf('--epsilon 0.1')).toMatchObject({ epsilon: 0.1, stepSize: 0.125, steps: 1 });
    expect(attackOf('--step-size 0.2')).toMatchObject({ stepSize: 0.2, steps: 1 });
    expect(attackOf('--steps 2')).toMatchObject({ stepSize: 1.25 * 0.3, steps: 2 });
    expect(attackOf('--epsilon 0.9')?.stepSize).toBe(1);
    expect(specOf('--objective at').objective?.attack).toMatchObject({ stepSize: fullSize.stepSize, steps: 3 });
    expect(specOf('--objective fast-at').evaluation?.attack).toMatchObject({ stepSize: 0.075, steps: 10 });
  });

  test('nothing is held out unless it is asked for', () => {
    expect(specOf('').dataset?.validationExamples).toBe(0);
  });

  test('weights of other objectives are left out', () => {
    expect(specOf('--objective at').objective).not.toHaveProperty('beta');
    const mart = specOf('--objective mart --beta 3').objective;
    expect(mart?.beta).toBeUndefined();
    expect(mart?.lambda).toBeUndefined();
  });

  test('augmentation is the data set’s choice unless it is said', () => {
    expect(specOf('').augment).toBeUndefined();
    expect(specOf('--augment').augment).toBe(true);
  });
});
