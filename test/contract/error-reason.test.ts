import { readFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../services/app-error.ts';
import { dispositionOf, grpcStatusOf } from '../../services/platform/rpc/status.ts';

const proto = readFileSync(new URL('../../proto/winnow/v1/error_reason.proto', import.meta.url), 'utf8');

/** Every reason with the status its comment promises: "// …: NOT_FOUND." above "ERROR_REASON_UNKNOWN_RUN = 5;". */
const documented = [...proto.matchAll(/\/\/ ([^\n]*)\n {2}ERROR_REASON_(\w+) = (\d+);/g)].map((match) => ({
  name: match[2] as keyof typeof ErrorReason,
  number: Number(match[3]) as ErrorReason,
  status: /: ([A-Z_]+)\b/.exec(match[1] as string)?.[1] ?? 'INTERNAL',
}));

describe('the table of error reasons keeps what error_reason.proto promises', () => {
  test('every reason is documented', () => {
    expect(documented.map(({ name }) => name).sort()).toEqual(Object.keys(ErrorReason).sort());
  });

  test.each(documented)('$name is $status', ({ number, status: promised }) => {
    expect(status[grpcStatusOf(number)]).toBe(promised);
  });

  test('a reason of a later version is INTERNAL and tried again', () => {
    expect(grpcStatusOf(999 as ErrorReason)).toBe(status.INTERNAL);
    expect(dispositionOf(new AppError(999 as ErrorReason, 'new'))).toBe('retry');
  });
});

describe('what a consumer does with a failed message', () => {
  test.each([
    ['BUS_UNAVAILABLE', 'retry'],
    ['OVERLOADED', 'retry'],
    ['INTERNAL', 'retry'],
    ['INVALID_FIELD', 'terminate'],
    ['UNKNOWN_CHECKPOINT', 'terminate'],
    ['CORRUPT_DATASET', 'terminate'],
    ['DIVERGED', 'terminate'],
    ['WRONG_STATE', 'ack'],
    ['CANCELLED', 'ack'],
  ] as const)('%s: %s', (reason, disposition) => {
    expect(dispositionOf(new AppError(ErrorReason[reason], 'x'))).toBe(disposition);
  });

  test('what was not foreseen is tried again', () => {
    for (const error of [new Error('x'), 'text', undefined, null]) expect(dispositionOf(error)).toBe('retry');
  });
});
