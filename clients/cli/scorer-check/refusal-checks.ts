import { status } from '@grpc/grpc-js';
import { RpcError } from '../../../services/platform/rpc/rpc-error.ts';
import { badSettings } from './bad-settings.ts';
import { badStreams, properParts, stream } from './bad-streams.ts';
import { baseAnswer, baseCall, send } from './call-scorer.ts';
import type { Check } from './check.ts';
import { describeFailure } from './describe-failure.ts';
import { type Finding, fail, pass, skipped, warning } from './finding.ts';
import type { Request } from './score-call.ts';
import { troubleAfter } from './still-answers.ts';
import type { Subject } from './subject.ts';

function refusal(name: string, remedy: string, messages: (subject: Subject) => readonly Request[] | undefined): Check {
  return {
    name,
    run: async (subject) => {
      const requests = messages(subject);
      return requests === undefined
        ? skipped('nothing that this would be wrong for')
        : mustRefuse(subject, requests, remedy);
    },
  };
}

async function mustRefuse(subject: Subject, requests: readonly Request[], remedy: string): Promise<Finding> {
  // Asked for while the scorer is well.
  await baseAnswer(subject);
  const finding = await outcomeOf(subject, requests, remedy);
  if (finding.verdict === 'fail') return finding;
  const trouble = await troubleAfter(subject);
  return trouble === undefined ? finding : fail(`${finding.detail}, but afterwards ${trouble.text}`, remedy);
}

async function outcomeOf(subject: Subject, requests: readonly Request[], remedy: string): Promise<Finding> {
  try {
    await send(subject, toStream(requests), baseCall(subject).signals.examples);
    return fail('accepted as if nothing were wrong', `${remedy}; answer INVALID_ARGUMENT`);
  } catch (error) {
    const failure = describeFailure(error, subject);
    if (!(error instanceof RpcError)) return fail(failure, remedy);
    if (error.code === status.INVALID_ARGUMENT) return pass(`refused: ${error.message}`);
    const isHung = [status.DEADLINE_EXCEEDED, status.UNAVAILABLE].includes(error.code);
    if (isHung) return fail(failure, `${remedy}; answer INVALID_ARGUMENT`);
    return warning(`failed with ${failure}`, `${remedy}; answer INVALID_ARGUMENT, and name what is wrong`);
  }
}

async function* toStream(requests: readonly Request[]): AsyncGenerator<Request> {
  yield* requests;
}

/** Input that must be refused, after which the scorer must answer as before. */
export const refusalChecks: readonly Check[] = [
  ...badSettings.map(({ name, remedy, change }) =>
    refusal(name, remedy, (subject) => {
      const { setting, batches } = properParts(subject);
      const changed = change(subject, setting);
      return changed && stream({ ...setting, ...changed }, batches);
    }),
  ),
  ...badStreams.map(({ name, remedy, messages }) =>
    refusal(name, remedy, (subject) => {
      const { setting, batches } = properParts(subject);
      return messages(subject, setting, batches);
    }),
  ),
];
