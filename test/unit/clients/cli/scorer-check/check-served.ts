import { onTestFinished } from 'vitest';
import { checkScorer } from '../../../../../clients/cli/scorer-check/check-scorer.ts';
import type { CheckResult, ScorerReport } from '../../../../../clients/cli/scorer-check/report.ts';
import { ScorerService } from '../../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { RpcServer } from '../../../../../services/platform/rpc/server.ts';
import type { ServiceImpl } from '../../../../../services/platform/rpc/service-impl.ts';
import { capturedLog } from '../../../platform/captured-log.ts';

/** The methods of a scorer service. */
export type ScorerImpl = ServiceImpl<typeof ScorerService>;

// Proper answers take a few ms; a busy machine is no fault of theirs.
const TIMEOUT_MS = 20_000;
/** For scorers that hang. */
export const HANG_TIMEOUT_MS = 1500;

/** A server on a free port, until the test ends. */
export async function serveImpl(impl: ScorerImpl): Promise<{ address: string; server: RpcServer }> {
  const server = new RpcServer({ log: capturedLog().log });
  server.add(ScorerService, impl);
  const address = `127.0.0.1:${await server.listen('127.0.0.1:0')}`;
  onTestFinished(() => server.shutdown(0));
  return { address, server };
}

/** Runs all checks against a server. */
export function checkAddress(address: string, timeoutMs = TIMEOUT_MS): Promise<ScorerReport> {
  return checkScorer({
    address,
    timeoutMs,
    seed: 1,
    largeExamples: 500,
    signal: new AbortController().signal,
    onResult: () => undefined,
  });
}

/** Serves an implementation and runs all checks against it. */
export async function checkImpl(impl: ScorerImpl, timeoutMs?: number): Promise<ScorerReport> {
  return checkAddress((await serveImpl(impl)).address, timeoutMs);
}

/** The results with one of these verdicts, by name. */
export function named(report: ScorerReport, ...verdicts: CheckResult['verdict'][]): string[] {
  return report.checks.filter(({ verdict }) => verdicts.includes(verdict)).map(({ check }) => check);
}
