import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js';

/** Lets a call pass, and tells once how it ended: by the status that was sent, or by the caller who went away. */
export function onCallEnd(call: ServerInterceptingCallInterface, end: (code: status) => void): ServerInterceptingCall {
  let over = false;
  const endOnce = (code: status) => {
    if (!over) end(code);
    over = true;
  };
  const listener = new ServerListenerBuilder().withOnCancel(() => endOnce(status.CANCELLED)).build();
  const responder = new ResponderBuilder()
    .withStart((next) => next(listener))
    .withSendStatus((sent, next) => {
      endOnce(sent.code ?? status.UNKNOWN);
      next(sent);
    })
    .build();
  return new ServerInterceptingCall(call, responder);
}
