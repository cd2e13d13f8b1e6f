import { type ServerInterceptor, status } from '@grpc/grpc-js';
import { recordSeconds } from '../telemetry/metrics.ts';
import { onCallEnd } from './on-call-end.ts';

/** Records how long every call took and how it ended (rpc.server.call.duration of the semantic conventions). */
export function measureCalls(): ServerInterceptor {
  return ({ path }, call) => {
    const started = performance.now();
    return onCallEnd(call, (code) =>
      recordSeconds('rpc.server.call.duration', (performance.now() - started) / 1000, {
        'rpc.system.name': 'grpc',
        'rpc.method': path.slice(1),
        'rpc.response.status_code': status[code],
      }),
    );
  };
}
