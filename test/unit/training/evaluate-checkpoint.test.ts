import { basename, dirname } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from 'vitest';
import { AutoAttackSpecSchema } from '../../../proto/gen/winnow/v1/autoattack_pb.ts';
import { DatasetSpecSchema } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ModelSpecSchema } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { AttackSpecSchema } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import type { Evaluation } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { modelForDataset } from '../../../services/dataset/tensor-batch.ts';
import { tf } from '../../../services/numerics/backend.ts';
import { resolveEvaluationAttack } from '../../../services/spec/attack.ts';
import { evaluateCheckpoint, evaluateLoaded } from '../../../services/training/evaluate-checkpoint.ts';
import type { EvaluationRecord } from '../../../services/training/evaluation-record.ts';
import type {
  AttackProgress,
  EvaluateProgress,
  EvaluateQuestion,
  EvaluateRequest,
} from '../../../services/training/run-messages.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { MNIST_FOLDER } from '../dataset/fixtures/mnist.ts';
import { directContext } from '../direct-context.ts';
import { MASKED_MODEL, maskedMnistCheckpoint } from '../numerics/evaluation/masked-mnist.ts';
import { tinyDataset } from '../tiny-dataset.ts';

const EXAMPLES = 6;
/** Twice what the network was trained for: no example is robust, and only cross-entropy's missing gradient hides it. */
const EPSILON = 0.2;
const attack = resolveEvaluationAttack(
  create(AttackSpecSchema, { epsilon: EPSILON, stepSize: 0.02, steps: 10, restarts: 2 }),
  'attack',
);
const autoAttack = create(AutoAttackSpecSchema, { epsilon: EPSILON });
const pgdOnly: EvaluateRequest = {
  dataset: create(DatasetSpecSchema, { name: basename(MNIST_FOLDER), trainExamples: 10, testExamples: 100 }),
  model: create(ModelSpecSchema, MASKED_MODEL),
  checkpoint: maskedMnistCheckpoint(),
  attack,
  seed: 5n,
  examples: EXAMPLES,
};
const both: EvaluateRequest = { ...pgdOnly, autoAttack };
const PHASES = ['PGD-10 x2', 'random noise', 'unbounded PGD', 'clean', 'apgd-ce', 'apgd-t'];

/** One evaluation beside the records that others left; `stopAt` ends it where something is remembered for that time. */
async function evaluation(request: EvaluateRequest, records = new Map<string, EvaluationRecord>(), stopAt = Infinity) {
  const progress: AttackProgress[] = [];
  let remembered = 0;
  const context = directContext(async (question) => {
    const { type, key } = question as EvaluateQuestion;
    expect(type).toBe('recall');
    const known = records.get(key);
    return known && JSON.parse(JSON.stringify(known));
  });
  const listening = {
    ...context,
    progress: (value: unknown) => {
      const told = value as EvaluateProgress;
      if (told.type === 'progress') progress.push(told.progress);
      else {
        records.set(told.key, told.record);
        remembered += 1;
        if (remembered === stopAt) context.stop();
      }
    },
  };
  const before = tf.memory().numTensors;
  const work = evaluateCheckpoint(request, dirname(MNIST_FOLDER), listening);
  const result = await work.catch((error: unknown) => error as Error);
  expect(tf.memory().numTensors).toBe(before);
  return { result, progress, records, remembered };
}

const phasesOf = (progress: readonly AttackProgress[]) => [...new Set(progress.map(({ phase }) => phase))];
const figuresOf = ({ seconds: _, autoAttack: found, ...figures }: Evaluation) => ({
  ...figures,
  autoAttack: found && { ...found, seconds: 0 },
});

describe('an evaluation by PGD and AutoAttack of a network that hides its gradients', () => {
  let whole: Awaited<ReturnType<typeof evaluation>>;
  let found: Evaluation;
  beforeAll(async () => {
    whole = await evaluation(both);
    found = whole.result as Evaluation;
  });

  test('finds it robust by PGD, and not by AutoAttack nor in the worst case', () => {
    expect(found).toMatchObject({ cleanAccuracy: 1, robustAccuracy: 1, worstCaseAccuracy: 0, examples: EXAMPLES });
    expect(found.autoAttack).toMatchObject({ epsilon: EPSILON, robustAccuracy: 0, examples: EXAMPLES });
    const broken = found.autoAttack!.attacks.map((verdict) => [verdict.attack, verdict.accuracy, verdict.broken]);
    expect(broken).toEqual([
      ['clean', 1, 0],
      ['apgd-ce', 1, 0],
      ['apgd-t', 0, EXAMPLES],
      ['fab-t', 0, 0],
      ['square', 0, 0],
    ]);
    expect(found.seconds).toBeGreaterThan(found.autoAttack!.seconds);
  });

  test('warns of it', () => {
    expect(found.warnings).toEqual([expect.stringMatching(/^100\.0 % of the examples withstood an attack that may/)]);
  });

  test('tells of every attack how far it is', () => {
    expect(phasesOf(whole.progress)).toEqual(PHASES);
    for (const { done, total, standing } of whole.progress) {
      expect(done).toBeLessThanOrEqual(total);
      expect(standing).toBeLessThanOrEqual(EXAMPLES);
    }
    for (const phase of PHASES) {
      const { done, total } = whole.progress.findLast((told) => told.phase === phase)!;
      expect({ done, total }).toEqual({ done: EXAMPLES, total: EXAMPLES });
    }
    expect(whole.progress.at(-1)!.standing).toBe(0);
  });

  test('is known once it has ended, and not done again', async () => {
    const again = await evaluation(both, whole.records);
    expect(again.result).toEqual(found);
    expect(again.progress).toEqual([]);
    expect(again.remembered).toBe(0);
  });

  test.each([1, 5])('that is stopped at its writing number %i goes on from there', async (stopAt) => {
    const first = await evaluation(both, new Map(), stopAt);
    expect(first.result).toMatchObject({ reason: ErrorReason.CANCELLED });
    const second = await evaluation(both, first.records);
    expect(figuresOf(second.result as Evaluation)).toEqual(figuresOf(found));
    // the attack it was stopped at had ended, but for PGD's clean images
    const left = PHASES.indexOf(phasesOf(first.progress).at(-1)!) + (stopAt === 1 ? 0 : 1);
    expect(phasesOf(second.progress)).toEqual(PHASES.slice(left));
  });
});

test('an evaluation by AutoAttack alone does no more', async () => {
  const { attack: _, ...request } = both;
  const { result, progress } = await evaluation(request);
  expect(result).toMatchObject({ cleanAccuracy: 1, robustAccuracy: 0, worstCaseAccuracy: 0, attackName: 'AutoAttack' });
  expect(phasesOf(progress)).toEqual(PHASES.slice(3));
  expect((result as Evaluation).warnings).toEqual([]);
});

test('an evaluation by PGD alone checks its gradients', async () => {
  const { result, progress } = await evaluation(pgdOnly);
  expect(result).toMatchObject({ robustAccuracy: 1, worstCaseAccuracy: 1, attackName: 'PGD-10 x2' });
  expect(phasesOf(progress)).toEqual(PHASES.slice(0, 3));
  expect((result as Evaluation).warnings).toHaveLength(1);
});

test('AutoAttack on fewer than four classes is refused before anything is attacked', async () => {
  const dataset = tinyDataset();
  const model = modelForDataset(dataset, create(ModelSpecSchema, MASKED_MODEL), 0n);
  const context = directContext();
  const error = await expectAppError(evaluateLoaded(both, model, dataset, context), ErrorReason.INVALID_FIELD);
  expect(error.fields.map(({ field }) => field)).toEqual(['auto_attack']);
  expect(error.message).toContain('use PGD with restarts');
  expect(context.told).toEqual([]);
  model.dispose();
});
