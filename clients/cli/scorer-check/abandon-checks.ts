import { status } from '@grpc/grpc-js';
import { RpcError } from '../../../services/platform/rpc/rpc-error.ts';
import { readAnswer } from './answer.ts';
import { baseCall } from './call-scorer.ts';
import type { Check } from './check.ts';
import { type Finding, fail, pass } from './finding.ts';
import { batchesOf, type Request, requestsOf, settingFor } from './score-call.ts';
import { troubleAfter } from './still-answers.ts';
import type { Subject } from './subject.ts';
import { syntheticSignals } from './synthetic-signals.ts';

// Long enough for half a stream to reach the scorer, short enough to wait for.
const SHORT_DEADLINE_MS = 300;
const ARRIVAL_MS = 100;
// Some work, and times after its sending at one of which a scorer is likely to be in the middle of it.
const WORK_EXAMPLES = 2000;
const WORK_MOMENTS_MS = [0, 20, 100, 300];
const REMEDY = 'stop the work of a call that is cancelled or out of time, and give back what it holds (locks, threads)';

const cancelMidStream: Check = {
  name: 'cancel mid-stream',
  run: async (subject) => {
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), ARRIVAL_MS);
    return (await endOfHalf(subject, subject.timeoutMs, cancel.signal)) ?? afterwards(subject);
  },
};

const deadline: Check = {
  name: 'deadline',
  run: async (subject) => {
    const timeoutMs = Math.min(SHORT_DEADLINE_MS, subject.timeoutMs);
    return (await endOfHalf(subject, timeoutMs, subject.signal)) ?? afterwards(subject);
  },
};

/** Sends half of the usual examples and then nothing more; what is wrong with the call's end, or undefined. */
async function endOfHalf(subject: Subject, timeoutMs: number, cancel: AbortSignal): Promise<Finding | undefined> {
  const over = new AbortController();
  // The caller must not seem to have sent all before it cancels.
  const silence = new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve()));
  try {
    return await endOf(subject, halfStream(subject, silence), timeoutMs, cancel);
  } finally {
    over.abort();
  }
}

const cancelInWork: Check = {
  name: 'cancel in work',
  run: async (subject) => {
    const signals = syntheticSignals({ examples: WORK_EXAMPLES, classes: 5, features: 8, seed: subject.seed });
    const setting = settingFor(subject.scorer, signals, WORK_EXAMPLES / 2);
    for (const afterMs of WORK_MOMENTS_MS) {
      const cancel = new AbortController();
      const all = requestsOf(setting, batchesOf(subject.scorer, signals, 500));
      const requests = whenSent(all, () => setTimeout(() => cancel.abort(), afterMs));
      const wrong = await endOf(subject, requests, subject.timeoutMs, cancel.signal, WORK_EXAMPLES);
      const finding = wrong ?? (await afterwards(subject));
      if (finding.verdict === 'fail') return finding;
    }
    return pass(`answers again, cancelled ${WORK_MOMENTS_MS.join(', ')} ms after all was sent`);
  },
};

/**
 * Reads a call until it is given up; what is wrong with its end, or undefined. Only a call that was sent whole, with
 * `examples`, may end before.
 */
async function endOf(
  { client, signal: interrupt }: Subject,
  requests: AsyncIterable<Request>,
  timeoutMs: number,
  cancel: AbortSignal,
  examples?: number,
): Promise<Finding | undefined> {
  const signal = AbortSignal.any([cancel, interrupt]);
  const call = client.scoreExamples(requests, { timeoutMs, signal });
  const ended = await readAnswer(call, examples ?? WORK_EXAMPLES).catch((error: unknown) => error);
  interrupt.throwIfAborted();
  if (!(ended instanceof Error)) {
    if (examples !== undefined) return undefined;
    return fail('it ended the stream before all examples had come', 'score when the caller has sent all');
  }
  const isGivenUp = ended instanceof RpcError && [status.CANCELLED, status.DEADLINE_EXCEEDED].includes(ended.code);
  return isGivenUp ? undefined : fail(`the call ended by itself: ${ended.message}`, REMEDY);
}

async function afterwards(subject: Subject): Promise<Finding> {
  const since = Date.now();
  const trouble = await troubleAfter(subject);
  return trouble === undefined
    ? pass(`answers again within ${Date.now() - since} ms`)
    : fail(`afterwards, ${trouble.text}`, REMEDY);
}

async function* halfStream(subject: Subject, silence: Promise<void>): AsyncGenerator<Request> {
  const { signals, keep, batchSize } = baseCall(subject);
  const batches = [...batchesOf(subject.scorer, signals, batchSize)];
  yield* requestsOf(settingFor(subject.scorer, signals, keep), batches.slice(0, batches.length / 2));
  await silence;
}

async function* whenSent(requests: AsyncIterable<Request>, then: () => void): AsyncGenerator<Request> {
  yield* requests;
  then();
}

/** Calls that their caller gives up. */
export const abandonChecks: readonly Check[] = [cancelMidStream, cancelInWork, deadline];
