import { type ScorerDescription, ScorerService } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { type ChannelSecurity, createClient, openChannel } from '../../../services/platform/rpc/client.ts';
import { cancelledCall } from '../../../services/platform/rpc/rpc-error.ts';
import { CliError } from '../cli-error.ts';
import { abandonChecks } from './abandon-checks.ts';
import { answerChecks } from './answer-checks.ts';
import type { Check } from './check.ts';
import { describeFailure } from './describe-failure.ts';
import { descriptionChecks, essentialChecks } from './description-checks.ts';
import { edgeChecks } from './edge-checks.ts';
import { fail, pass, skipped } from './finding.ts';
import { largeCheck } from './large-check.ts';
import { noMessageCheck } from './no-message-check.ts';
import { readinessCheck } from './readiness-check.ts';
import { refusalChecks } from './refusal-checks.ts';
import { repeatChecks } from './repeat-checks.ts';
import { type CheckResult, makeReport, type ScorerReport } from './report.ts';
import { runChecks } from './run-checks.ts';
import type { Subject } from './subject.ts';
import { twoCallsCheck } from './two-calls-check.ts';

/** What to check, and how. */
export interface ScorerCheckOptions extends Omit<Subject, 'channel' | 'client' | 'scorer'> {
  /** host:port of the scorer. */
  readonly address: string;
  /** Plaintext where absent. */
  readonly tls?: ChannelSecurity['tls'];
  /** Called with each result as it comes. */
  readonly onResult: (result: CheckResult) => void;
}

/** Runs all checks against a scorer over the wire. */
export async function checkScorer(options: ScorerCheckOptions): Promise<ScorerReport> {
  const { address, tls, timeoutMs, signal, onResult } = options;
  const channel = openChannel(address, { tls });
  const client = createClient(ScorerService, channel);
  const results: CheckResult[] = [];
  const add = (result: CheckResult) => {
    results.push(result);
    onResult(result);
  };
  try {
    await channel.waitForReady(timeoutMs).catch((cause: Error) => {
      throw new CliError(`${cause.message}; start the scorer, or give the HOST:PORT that it listens on`);
    });
    const described = await describe(client, { timeoutMs, signal });
    add({ check: 'describe', ...described.finding });
    const { scorer } = described;
    if (scorer !== undefined)
      for await (const result of checkDescribed({ ...options, channel, client, scorer })) add(result);
    return makeReport({ address, scorer: scorer?.name ?? '', version: scorer?.version ?? '' }, results);
  } catch (error) {
    throw signal.aborted ? cancelledCall() : error;
  } finally {
    channel.close();
  }
}

async function describe(client: Subject['client'], options: Pick<Subject, 'timeoutMs' | 'signal'>) {
  const remedy = 'implement DescribeScorer of winnow.v1.ScorerService, and fill in its answer';
  let scorer: ScorerDescription | undefined;
  try {
    ({ scorer } = await client.describeScorer({}, options));
  } catch (error) {
    return { finding: fail(describeFailure(error, options), remedy) };
  }
  return scorer === undefined
    ? { finding: fail('the answer has no scorer', remedy) }
    : { scorer, finding: pass('answered') };
}

async function* checkDescribed(subject: Subject): AsyncGenerator<CheckResult> {
  const needed = [...essentialChecks, readinessCheck.name];
  let missing: string | undefined;
  for await (const result of runChecks(subject, [...descriptionChecks, readinessCheck])) {
    if (result.verdict === 'fail' && needed.includes(result.check)) missing ??= result.check;
    yield result;
  }
  const rest = scoringChecks(subject);
  if (missing === undefined) yield* runChecks(subject, rest);
  else for (const { name } of rest) yield { check: name, ...skipped(`the scorer must pass "${missing}" first`) };
}

function scoringChecks({ scorer }: Subject): readonly Check[] {
  return [
    ...answerChecks(scorer.output),
    ...repeatChecks,
    ...edgeChecks,
    ...refusalChecks,
    noMessageCheck,
    ...abandonChecks,
    twoCallsCheck,
    largeCheck,
  ];
}
