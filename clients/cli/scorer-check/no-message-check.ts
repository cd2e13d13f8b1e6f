import { Metadata, status } from '@grpc/grpc-js';
import { ScorerService } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { methodPath, passBytes } from '../../../services/platform/rpc/message-codec.ts';
import { RpcError, rpcErrorFrom } from '../../../services/platform/rpc/rpc-error.ts';
import { baseAnswer } from './call-scorer.ts';
import type { Check } from './check.ts';
import { describeFailure } from './describe-failure.ts';
import { fail, pass } from './finding.ts';
import { troubleAfter } from './still-answers.ts';
import type { Subject } from './subject.ts';

// The setting's tag and a length of 255, with nothing behind it.
const NO_MESSAGE = Buffer.from([0x0a, 0xff, 0x01]);
const REMEDY = "leave decoding to gRPC's own code for your language, and let its errors end the call";

/** Bytes that are no message; whatever status a gRPC library gives them will do. */
export const noMessageCheck: Check = {
  name: 'no message at all',
  run: async (subject) => {
    await baseAnswer(subject);
    const error = await errorOf(subject);
    if (error === undefined) return fail('accepted as if nothing were wrong', REMEDY);
    const failure = describeFailure(error, subject);
    const isClean = error instanceof RpcError && ![status.DEADLINE_EXCEEDED, status.UNAVAILABLE].includes(error.code);
    if (!isClean) return fail(failure, REMEDY);
    const trouble = await troubleAfter(subject);
    return trouble === undefined ? pass(`refused: ${failure}`) : fail(`afterwards, ${trouble.text}`, REMEDY);
  },
};

/** What the call fails with; undefined where it ends well. */
async function errorOf({ channel, timeoutMs }: Subject): Promise<unknown> {
  const path = methodPath(ScorerService.method.scoreExamples);
  const deadline = Date.now() + timeoutMs;
  const call = channel.connection.makeBidiStreamRequest(path, passBytes, passBytes, new Metadata(), { deadline });
  call.end(NO_MESSAGE);
  try {
    for await (const _ of call);
    return undefined;
  } catch (error) {
    return rpcErrorFrom(error);
  }
}
