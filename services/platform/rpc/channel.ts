import { Client, status } from '@grpc/grpc-js';
import { type ChannelSecurity, channelCredentials, tokenInterceptors } from './channel-credentials.ts';
import { isLoopback } from './loopback.ts';
import { DEFAULT_MAX_MESSAGE_BYTES } from './message-size.ts';
import { RpcError } from './rpc-error.ts';

// gRPC would wait up to two minutes before it tries a restarted server again.
const LONGEST_RECONNECT_MS = 5_000;

/** A connection to a server, made at the first call and again whenever it is lost. Several clients can share it. */
export class RpcChannel {
  /** Where the server is. */
  readonly address: string;
  /** grpc-js's own client; only createClient uses it. */
  readonly connection: Client;

  constructor(address: string, maxMessageBytes: number, security: ChannelSecurity) {
    this.address = address;
    this.connection = new Client(address, channelCredentials(security), {
      interceptors: tokenInterceptors(address, security),
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_MS,
      ...(security.serverName && { 'grpc.ssl_target_name_override': security.serverName }),
      // A proxy that is set for the web can't reach this machine's own services, and gRPC would send them there all the same.
      ...(isLoopback(address) ? { 'grpc.enable_http_proxy': 0 } : {}),
    });
  }

  /** Waits until the server can be reached; throws an RpcError (UNAVAILABLE) after `timeoutMs`. */
  waitForReady(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.connection.waitForReady(Date.now() + timeoutMs, (cause) => {
        if (cause === undefined) return resolve();
        const message = `no server answers at ${this.address} within ${timeoutMs} ms`;
        reject(new RpcError(status.UNAVAILABLE, message, { cause }));
      });
    });
  }

  /** Closes the connection; calls that are running fail. */
  close(): void {
    this.connection.close();
  }
}

/** How to open a channel. */
export interface ChannelOptions extends ChannelSecurity {
  readonly maxMessageBytes?: number | undefined;
}

/** Opens a channel to `host:port`: plaintext and anonymous where the options don't say otherwise. */
export function openChannel(address: string, options: ChannelOptions = {}): RpcChannel {
  return new RpcChannel(address, options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES, options);
}
