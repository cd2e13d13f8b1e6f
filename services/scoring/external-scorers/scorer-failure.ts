import { status } from '@grpc/grpc-js';
import type { Cost } from '../../../proto/gen/winnow/v1/cost_pb.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, cancelled } from '../../app-error.ts';
import { RpcError } from '../../platform/rpc/rpc-error.ts';

/** Longest part of a scorer's own message that is passed on. */
const LONGEST_QUOTE = 200;

/** grpc-js ends its message with the heading of a note that is mostly empty. */
const EMPTY_NOTE = /\.?\s*Resolution note:\s*$/;

/** A scorer that runs as a service, and what it did wrong. */
export class ScorerFailure extends AppError {
  /** What was spent until then. */
  readonly cost: Cost | undefined;

  constructor(message: string, options: { cause?: unknown; cost?: Cost | undefined } = {}) {
    super(ErrorReason.SCORER_FAILED, message, options.cause === undefined ? {} : { cause: options.cause });
    this.cost = options.cost;
  }
}

/** What a scorer that broke the contract did, without its name: "sent 3 scores too many". */
export class ContractBreach extends Error {
  override readonly name = 'ContractBreach';
}

/** A scorer's own words, on one line and not too long. */
export function quote(text: string): string {
  const line = text
    .replace(EMPTY_NOTE, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line;
}

function whatWentWrong(error: unknown): string {
  if (error instanceof ContractBreach) return error.message;
  if (!(error instanceof RpcError)) return 'sent bytes that are no message of the contract';
  const said = quote(error.message);
  switch (error.code) {
    case status.UNAVAILABLE:
      return `is away: ${said}`;
    case status.DEADLINE_EXCEEDED:
      return 'did not answer in time';
    case status.UNIMPLEMENTED:
      return 'does not serve winnow.v1.ScorerService';
    case status.INVALID_ARGUMENT:
      return `refused what it was asked: ${said}`;
    default:
      return `failed with ${status[error.code] ?? error.code}: ${said}`;
  }
}

/** The failure of a call to a scorer. CANCELLED where the caller's own signal ended it. */
export function toScorerFailure(
  error: unknown,
  scorer: { readonly name: string; readonly address: string },
  signal?: AbortSignal,
): AppError {
  if (signal?.aborted) return cancelled();
  if (error instanceof AppError) return error;
  const who = scorer.name ? `scorer '${scorer.name}' at ${scorer.address}` : `the scorer at ${scorer.address}`;
  return new ScorerFailure(`${who} ${whatWentWrong(error)}`, { cause: error });
}
