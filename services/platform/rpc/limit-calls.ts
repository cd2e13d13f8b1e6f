import {
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerListener,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import type { Log } from '../log.ts';
import { onCallEnd } from './on-call-end.ts';
import { statusOf } from './status.ts';

const HEALTH = '/grpc.health.v1.Health/';

/** A call that is not let in: it is answered once its metadata is there, as grpc-js wants it. */
function refuse(answer: () => void): ServerListener {
  return new ServerListenerBuilder().withOnReceiveMetadata(() => answer()).build();
}

/**
 * Lets at most `most` calls be under way at once, streams among them; more are refused with RESOURCE_EXHAUSTED at once, so
 * that those under way go on at full speed. Health checks are not counted: a busy service is a healthy one.
 */
export function limitCalls(most: number, log: Log): ServerInterceptor {
  let running = 0;
  return ({ path }, call) => {
    if (path.startsWith(HEALTH)) return new ServerInterceptingCall(call);
    if (running >= most) {
      const message = `${most} calls are under way, as many as this server takes; try again later, or ask another replica`;
      const { code, details, metadata } = statusOf(new AppError(ErrorReason.OVERLOADED, message), log);
      const listener = refuse(() => call.sendStatus({ code, details, metadata }));
      return new ServerInterceptingCall(call, { start: (next) => next(listener) });
    }
    running += 1;
    return onCallEnd(call, () => {
      running -= 1;
    });
  };
}
