import { baseAnswer, baseCall, score } from './call-scorer.ts';
import { compareAnswers } from './compare-answers.ts';
import { describeFailure } from './describe-failure.ts';
import type { Subject } from './subject.ts';

/** What is wrong with a scorer that answered well before. */
export interface Trouble {
  readonly text: string;
  /** Whether it answers at all, though not as before. */
  readonly answers: boolean;
}

/** Calls the scorer as usual after something unusual: what is wrong now, or undefined where it answers as before. */
export async function troubleAfter(subject: Subject): Promise<Trouble | undefined> {
  const { client, timeoutMs, signal, scorer } = subject;
  const before = await baseAnswer(subject);
  try {
    const { ready } = await client.checkReady({}, { timeoutMs, signal });
    if (!ready) return { text: 'it is not ready any more', answers: true };
    const after = await score(subject, baseCall(subject));
    const isSame = compareAnswers(scorer.output, before, after) !== 'different';
    return isSame ? undefined : { text: 'a proper call gives another result than before', answers: true };
  } catch (error) {
    return { text: `a proper call fails: ${describeFailure(error, subject)}`, answers: false };
  }
}
