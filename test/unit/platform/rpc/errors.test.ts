import { create, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ScorerService } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ScoringService } from '../../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { GetRunRequestSchema, TrainingService } from '../../../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError, cancelled, type FieldViolation, invalidField } from '../../../../services/app-error.ts';
import { createClient } from '../../../../services/platform/rpc/client.ts';
import { RpcError } from '../../../../services/platform/rpc/rpc-error.ts';
import { grpcStatusOf } from '../../../../services/platform/rpc/status.ts';
import { CollectService, loopback } from './loopback.ts';

async function failure(call: Promise<unknown>): Promise<RpcError> {
  const error = await call.then(
    () => expect.unreachable('the call succeeded') as never,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RpcError);
  return error as RpcError;
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

async function* nothing() {}

const foreseen = Object.values(ErrorReason).filter((reason) => grpcStatusOf(reason) !== status.INTERNAL);

describe('foreseen failures', () => {
  test.each(foreseen)('reason %i arrives with its status and message', async (reason) => {
    const { client, lines } = await loopback(TrainingService, {
      getRun: async () => Promise.reject(new AppError(reason, 'what happened')),
    });
    const error = await failure(client.getRun({}));
    expect([error.code, error.reason, error.message]).toEqual([grpcStatusOf(reason), reason, 'what happened']);
    expect(lines).toEqual([]);
  });

  test('field violations arrive', async () => {
    const { client } = await loopback(TrainingService, {
      createRun: async () => Promise.reject(invalidField('spec.epochs', 'must be in [1, 1000]')),
    });
    const error = await failure(client.createRun({}));
    expect(error.fields).toEqual([{ field: 'spec.epochs', description: 'must be in [1, 1000]' }]);
    expect(error.message).toBe('spec.epochs: must be in [1, 1000]');
  });

  test('a stream that fails midway delivers what came before', async () => {
    const { client } = await loopback(ScoringService, {
      async *watchIndexSets() {
        yield { indexSet: { round: 0 } };
        throw new AppError(ErrorReason.UNKNOWN_RUN, 'gone');
      },
    });
    const rounds: unknown[] = [];
    const reading = (async () => {
      for await (const { indexSet } of client.watchIndexSets({})) rounds.push(indexSet?.round);
    })();
    expect((await failure(reading)).reason).toBe(ErrorReason.UNKNOWN_RUN);
    expect(rounds).toEqual([0]);
  });

  test('all kinds of call translate errors alike', async () => {
    const gone = new AppError(ErrorReason.UNKNOWN_SCORER, 'no scorer "x"');
    const bidi = await loopback(ScorerService, {
      // biome-ignore lint/correctness/useYield: it fails before its first message
      async *scoreExamples() {
        throw gone;
      },
    });
    const clientStreaming = await loopback(CollectService, { collect: async () => Promise.reject(gone) });
    for (const call of [drain(bidi.client.scoreExamples(nothing())), clientStreaming.client.collect(nothing())]) {
      expect((await failure(call)).code).toBe(status.NOT_FOUND);
    }
  });

  test.each([
    ['many fields', Array.from({ length: 5000 }, (_, i) => ({ field: `f${i}`, description: 'd'.repeat(50) })), 'm'],
    ['a long message', [], 'ü'.repeat(50_000)],
    ['half a surrogate pair', [], 'x\uD800y'],
    ['line breaks and percent signs', [], 'a\r\nb 100% \u0000'],
  ] as [string, FieldViolation[], string][])('%s fit into the trailers', async (_, fields, message) => {
    const { client } = await loopback(TrainingService, {
      getRun: async () => Promise.reject(new AppError(ErrorReason.INVALID_FIELD, message, { fields })),
    });
    const error = await failure(client.getRun({}));
    expect([error.code, error.reason]).toEqual([status.INVALID_ARGUMENT, ErrorReason.INVALID_FIELD]);
    expect(error.message.slice(0, 1)).toBe(message.slice(0, 1));
    expect(error.fields.length > 0).toBe(fields.length > 0);
  });

  test('any message and fields arrive, or a beginning of them', async () => {
    let next = new AppError(ErrorReason.INVALID_FIELD, '');
    const { client } = await loopback(TrainingService, { getRun: async () => Promise.reject(next) });
    const text = fc.string({ unit: 'grapheme', maxLength: 40 });
    const fields = fc.array(fc.record({ field: text, description: text }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(text, fields, async (message, violations) => {
        next = new AppError(ErrorReason.INVALID_FIELD, message, { fields: violations });
        const error = await failure(client.getRun({}));
        expect([error.message, error.fields]).toEqual([message, violations]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('faults', () => {
  const secret = '/home/someone/secret.ts';
  const faults: [string, unknown][] = [
    ['an Error', new Error(`ENOENT: ${secret}`)],
    ['an Error with a numeric code', Object.assign(new Error(secret), { code: 5, details: secret })],
    ['a string', secret],
    ['undefined', undefined],
    ['AppError INTERNAL', new AppError(ErrorReason.INTERNAL, secret)],
    ['AppError UNSPECIFIED', new AppError(ErrorReason.UNSPECIFIED, secret)],
  ];

  test.each(faults)('%s reaches the client as INTERNAL with an id that the log knows', async (_, fault) => {
    const { client, lines } = await loopback(TrainingService, { getRun: async () => Promise.reject(fault) });
    const error = await failure(client.getRun({}));
    expect([error.code, error.reason]).toEqual([status.INTERNAL, ErrorReason.INTERNAL]);
    const id = /^internal error ([0-9a-f-]{36})$/.exec(error.message)?.[1];
    expect(lines.filter((line) => line.error_id === id)).toHaveLength(1);
    const cause = error.cause as ServiceError;
    expect(JSON.stringify([error.message, cause.details, cause.metadata.toJSON()])).not.toContain('secret');
    expect(Buffer.concat(cause.metadata.get('grpc-status-details-bin') as Buffer[]).toString()).not.toContain('secret');
  });

  test('the log has the stack', async () => {
    const { client, lines } = await loopback(TrainingService, {
      getRun: async () => Promise.reject(new Error('boom')),
    });
    await failure(client.getRun({}));
    expect(lines[0]?.err).toMatchObject({ stack: expect.stringContaining('errors.test.ts') });
  });

  test('a handler that throws before it returns a stream', async () => {
    const { client } = await loopback(ScoringService, {
      watchIndexSets() {
        throw new Error(secret);
      },
    });
    expect((await failure(drain(client.watchIndexSets({})))).code).toBe(status.INTERNAL);
  });

  test('a response that can not be encoded', async () => {
    const { client, lines } = await loopback(ScoringService, {
      getIndexSet: async () => ({ indexSet: { round: -1 } }),
    });
    const error = await failure(client.getIndexSet({}));
    expect(error.message).toMatch(/^internal error/);
    expect(lines[0]?.err).toMatchObject({ message: expect.stringContaining('round') });
  });
});

describe('requests that are no message', () => {
  test.each([['/winnow.v1.TrainingService/GetRun', 'the request is not a valid winnow.v1.GetRunRequest']])(
    '%s answers INVALID_ARGUMENT',
    async (path, message) => {
      const { address } = await loopback(TrainingService, { getRun: async () => ({}) });
      const raw = new Client(address, credentials.createInsecure());
      const truncated = Buffer.from(
        toBinary(GetRunRequestSchema, create(GetRunRequestSchema, { runId: 'abc' })),
      ).subarray(0, 3);
      const error = await new Promise<ServiceError | null>((resolve) => {
        raw.makeUnaryRequest(
          path,
          (bytes: Buffer) => bytes,
          (bytes) => bytes,
          truncated,
          resolve,
        );
      });
      raw.close();
      expect([error?.code, error?.details]).toEqual([status.INVALID_ARGUMENT, message]);
    },
  );

  test('a method that is not there is UNIMPLEMENTED', async () => {
    const { channel } = await loopback(TrainingService, {});
    const error = await failure(createClient(ScoringService, channel).listScorers({}));
    expect([error.code, error.reason]).toEqual([status.UNIMPLEMENTED, ErrorReason.UNSPECIFIED]);
  });
});

describe('on the client', () => {
  test('a source of requests that fails cancels the call and is what the caller sees', async () => {
    const { client } = await loopback(ScorerService, {
      async *scoreExamples(requests) {
        for await (const _ of requests) yield {};
      },
    });
    async function* failing() {
      yield {};
      throw new RangeError('no more');
    }
    await expect(drain(client.scoreExamples(failing()))).rejects.toThrow(new RangeError('no more'));
  });

  test('a request that can not be encoded is refused before the call', async () => {
    const { client } = await loopback(ScoringService, { getIndexSet: async () => ({}) });
    await expect(client.getIndexSet({ round: -1 })).rejects.toThrow(/round/);
  });

  test('no server: UNAVAILABLE, and waitForReady says where', async () => {
    const { client, channel, server } = await loopback(TrainingService, {});
    await server.shutdown(0);
    expect((await failure(client.listRuns({}))).code).toBe(status.UNAVAILABLE);
    await expect(channel.waitForReady(50)).rejects.toThrow(channel.address);
  });

  test('AppError CANCELLED is CANCELLED', async () => {
    const { client } = await loopback(TrainingService, { listRuns: async () => Promise.reject(cancelled()) });
    expect((await failure(client.listRuns({}))).code).toBe(status.CANCELLED);
  });
});
