import { readAnswer } from './answer.ts';
import { baseAnswer, baseCall } from './call-scorer.ts';
import type { Check } from './check.ts';
import { compareAnswers } from './compare-answers.ts';
import { describeFailure } from './describe-failure.ts';
import { type Finding, fail, pass, warning } from './finding.ts';
import { batchesOf, type Request, requestsOf, settingFor } from './score-call.ts';
import { type Trouble, troubleAfter } from './still-answers.ts';
import type { Subject } from './subject.ts';

const SEPARATE = 'keep what belongs to a call in the call, not in the scorer';
const SIDE_BY_SIDE = 'answer calls side by side, or every run waits for the slowest';
// The first call lasts as long as the second one's two calls, and its own end.
const FIRST_CALL_TIMEOUTS = 3;

/** A second call in the middle of a first one: both must give what they give alone. */
export const twoCallsCheck: Check = {
  name: 'two calls at once',
  run: async (subject) => {
    const usual = await baseAnswer(subject);
    const { client, scorer, signal, timeoutMs } = subject;
    let second: Trouble | undefined;
    const requests = withPause(subject, async () => {
      second = await troubleAfter(subject);
    });
    const call = client.scoreExamples(requests, { timeoutMs: FIRST_CALL_TIMEOUTS * timeoutMs, signal });
    const first = await readAnswer(call, baseCall(subject).signals.examples).catch((error: unknown) =>
      describeFailure(error, subject),
    );
    if (typeof first !== 'string' && compareAnswers(scorer.output, usual, first) === 'different') {
      return fail('the call that was under way gave another result than alone', SEPARATE);
    }
    return judge(typeof first === 'string' ? first : undefined, second);
  },
};

function judge(first: string | undefined, second: Trouble | undefined): Finding {
  if (second?.answers) return fail(`while another call is under way, ${second.text}`, SEPARATE);
  if (first !== undefined) return fail(`the call that was under way: ${first}`, SEPARATE);
  if (second !== undefined) return warning(`while another call is under way, ${second.text}`, SIDE_BY_SIDE);
  return pass('both as when alone');
}

/** The usual requests, with a wait in the middle. */
async function* withPause(subject: Subject, wait: () => Promise<void>): AsyncGenerator<Request> {
  const { signals, keep, batchSize } = baseCall(subject);
  const batches = [...batchesOf(subject.scorer, signals, batchSize)];
  const half = batches.length / 2;
  yield* requestsOf(settingFor(subject.scorer, signals, keep), batches.slice(0, half));
  await wait();
  for (const value of batches.slice(half)) yield { part: { case: 'batch', value } };
}
