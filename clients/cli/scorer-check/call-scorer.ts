import { type Answer, readAnswer } from './answer.ts';
import type { Finding } from './finding.ts';
import { type Expected, judgeAnswer } from './judge-answer.ts';
import { batchesOf, type Request, requestsOf, type Setting, settingFor } from './score-call.ts';
import type { Subject } from './subject.ts';
import { type SyntheticSignals, syntheticSignals } from './synthetic-signals.ts';

/** A call's input, and how it is sent. */
export interface ScoreCall {
  readonly signals: SyntheticSignals;
  readonly keep: number;
  /** Examples in a batch; all in one where absent. */
  readonly batchSize?: number;
  /** Instead of the usual setting's values. */
  readonly setting?: Setting;
}

/** The usual input: small, every class with examples, several batches. */
export function baseCall({ seed }: Subject): Required<Pick<ScoreCall, 'signals' | 'keep' | 'batchSize'>> {
  return { signals: syntheticSignals({ examples: 60, classes: 3, features: 5, seed }), keep: 20, batchSize: 16 };
}

/** Sends any stream of requests, within the time a call may take. */
export function send(subject: Subject, requests: AsyncIterable<Request>, examples: number): Promise<Answer> {
  const { client, timeoutMs, signal } = subject;
  return readAnswer(client.scoreExamples(requests, { timeoutMs, signal }), examples);
}

/** Makes a proper call. */
export function score(subject: Subject, { signals, keep, batchSize, setting }: ScoreCall): Promise<Answer> {
  const { scorer } = subject;
  const batches = batchesOf(scorer, signals, batchSize ?? signals.examples);
  const full = { ...settingFor(scorer, signals, keep), ...setting };
  return send(subject, requestsOf(full, batches), signals.examples);
}

const baseAnswers = new WeakMap<Subject, Promise<Answer>>();

/** The answer to the usual input, asked for once. */
export function baseAnswer(subject: Subject): Promise<Answer> {
  const answer = baseAnswers.get(subject) ?? score(subject, baseCall(subject));
  baseAnswers.set(subject, answer);
  return answer;
}

/** What a proper call's answer must be like. */
export function expectedOf({ scorer }: Subject, { signals, keep }: ScoreCall): Expected {
  return { output: scorer.output, examples: signals.examples, keep };
}

/** Makes a proper call and judges its answer. */
export async function scoreAndJudge(subject: Subject, call: ScoreCall): Promise<Finding> {
  return judgeAnswer(await score(subject, call), expectedOf(subject, call));
}
