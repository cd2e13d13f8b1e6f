import { gunzipSync } from 'node:zlib';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { BytesValueSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TrainingClient } from '../../../clients/node/training-client.ts';
import type { Evaluation } from '../../../proto/gen/winnow/v1/run_pb.ts';
import {
  type EvaluateModelRequestSchema,
  type EvaluationProgress,
  TrainingService,
} from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import type { Bus } from '../../../services/platform/bus/connection.ts';
import { openStore } from '../../../services/platform/bus/key-value.ts';
import { putObject } from '../../../services/platform/bus/objects.ts';
import { CHECKPOINT_BUCKET, EVALUATION_BUCKET } from '../../../services/platform/bus/streams.ts';
import { createClient, type RpcChannel } from '../../../services/platform/rpc/client.ts';
import { sha256Hex } from '../../../services/platform/sha256.ts';
import { MASKED_MODEL, maskedMnistCheckpoint } from '../../unit/numerics/evaluation/masked-mnist.ts';
import { type Stack, startStack } from './stack.ts';
import { connectTestBus } from './test-bus.ts';

const EXAMPLES = 8;
const EPSILON = 0.2;
const PGD = 'PGD-25 x8';
const PHASES = [PGD, 'random noise', 'unbounded PGD', 'clean', 'apgd-ce', 'apgd-t'];

const checkpoint = maskedMnistCheckpoint();
/** PGD takes seconds and breaks nothing, as it sees no gradient; AutoAttack breaks all before its longest attacks. */
const request: MessageInitShape<typeof EvaluateModelRequestSchema> = {
  dataset: { name: 'mnist', trainExamples: 10, testExamples: 100 },
  model: MASKED_MODEL,
  checkpoint: { sha256: sha256Hex(checkpoint), sizeBytes: BigInt(checkpoint.length) },
  attack: { epsilon: EPSILON, stepSize: 0.02, steps: 25, restarts: 8 },
  autoAttack: { epsilon: EPSILON },
  seed: 5n,
  examples: EXAMPLES,
};

let stack: Stack;
let training: TrainingClient;
let channel: RpcChannel;
let bus: Bus;

beforeAll(async () => {
  stack = await startStack('training');
  training = await stack.training();
  channel = stack.channel(training.address);
  bus = await connectTestBus(stack.nats.url);
  await putObject(bus, CHECKPOINT_BUCKET, sha256Hex(checkpoint), checkpoint);
});

afterAll(async () => {
  await bus?.close();
  await stack?.stop();
});

/** What one call told, until it ended or the service was killed; `onProgress` may see to that. */
async function evaluate(onProgress: (progress: EvaluationProgress) => void = () => {}) {
  const progress: EvaluationProgress[] = [];
  let evaluation: Evaluation | undefined;
  try {
    // the plain call: the client would go on by itself
    for await (const { part } of createClient(TrainingService, channel).evaluateModel(request)) {
      if (part.case === 'evaluation') evaluation = part.value;
      else if (part.case === 'progress') {
        progress.push(part.value);
        onProgress(part.value);
      }
    }
  } catch (error) {
    expect(error).toMatchObject({ code: status.UNAVAILABLE });
  }
  return { evaluation, progress, phases: [...new Set(progress.map(({ phase }) => phase))] };
}

/** Kills the service once, and starts it again when the call it was at has failed. */
async function killedWhen(due: (kill: () => void) => (progress: EvaluationProgress) => void) {
  let killing: Promise<void> | undefined;
  const interrupted = await evaluate(
    due(() => {
      killing ??= stack.kill('training');
    }),
  );
  await killing;
  expect(interrupted.evaluation).toBeUndefined();
  await stack.start('training');
  return interrupted;
}

/** Resolves when an evaluation's state was written that often. */
async function written(times: number): Promise<void> {
  const stop = new AbortController();
  let seen = 0;
  for await (const _ of openStore(bus, EVALUATION_BUCKET, BytesValueSchema).watch({ signal: stop.signal })) {
    seen += 1;
    if (seen === times) return;
  }
}

/** Resolves when an evaluation's result is stored, which it is in the background, after its caller has it. */
async function resultStored(): Promise<void> {
  const stop = new AbortController();
  for await (const { value } of openStore(bus, EVALUATION_BUCKET, BytesValueSchema).watch({ signal: stop.signal })) {
    if ('result' in JSON.parse(gunzipSync(value.value).toString())) return;
  }
}

const figuresOf = ({ seconds: _, autoAttack, ...figures }: Evaluation) => ({
  ...figures,
  autoAttack: { ...autoAttack!, seconds: 0 },
});

let undisturbed: Evaluation;

it('finds by AutoAttack what PGD misses, tells how far it is, and warns', async () => {
  const { evaluation, progress, phases } = await evaluate();
  undisturbed = evaluation!;
  expect(undisturbed).toMatchObject({ robustAccuracy: 1, worstCaseAccuracy: 0, attackName: PGD, examples: EXAMPLES });
  expect(undisturbed.autoAttack).toMatchObject({ epsilon: EPSILON, robustAccuracy: 0 });
  expect(undisturbed.warnings).toHaveLength(1);
  expect(PHASES.filter((phase) => phases.includes(phase))).toEqual(phases);
  for (const { done, total } of progress) expect(done).toBeLessThanOrEqual(total);
});

it('knows the same evaluation again', async () => {
  const { evaluation, progress } = await evaluate();
  expect(evaluation).toEqual(undisturbed);
  expect(progress).toEqual([]);
});

it('goes on where it was after the service was killed, twice, and finds the same', async () => {
  await resultStored();
  await bus.manager.streams.purge(`KV_${EVALUATION_BUCKET}`);
  // the first writing holds the clean images alone
  const begun = written(2);
  const first = await killedWhen((kill) => {
    void begun.then(kill);
    return () => {};
  });
  expect(first.progress[0]).toMatchObject({ phase: PGD, total: EXAMPLES });

  const second = await killedWhen((kill) => ({ phase }) => {
    if (phase === 'apgd-ce') kill();
  });
  const { phase, done } = second.progress[0];
  expect(phase === PGD ? done : EXAMPLES).toBeGreaterThan(0);

  const third = await evaluate();
  expect(third.phases.length).toBeGreaterThan(0);
  expect(third.phases.filter((told) => !PHASES.slice(3).includes(told))).toEqual([]);
  expect(figuresOf(third.evaluation!)).toEqual(figuresOf(undisturbed));
  const known = stack.log('training').filter(({ msg }) => msg === 'an evaluation is known: how far it was');
  expect(known).toHaveLength(2);
});

it('is asked for again by the client, where the service is killed and started again', async () => {
  await resultStored();
  await bus.manager.streams.purge(`KV_${EVALUATION_BUCKET}`);
  let restarting: Promise<unknown> | undefined;
  let evaluation: Evaluation | undefined;
  for await (const part of training.evaluateModel(request)) {
    if (part.case === 'evaluation') evaluation = part.value;
    else if (part.value.done > 0) restarting ??= stack.kill('training').then(() => stack.start('training'));
  }
  await restarting;
  expect(restarting).toBeDefined();
  expect(figuresOf(evaluation!)).toEqual(figuresOf(undisturbed));
});
