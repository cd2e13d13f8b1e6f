import { Client, credentials, status } from '@grpc/grpc-js';
import { DEFAULT_MAX_MESSAGE_BYTES } from './message-size.ts';
import { RpcError } from './rpc-error.ts';

// gRPC would wait up to two minutes before it tries a restarted server again.
const LONGEST_RECONNECT_MS = 5_000;

// A proxy that is set for the web can't reach this machine's own services, and gRPC would send them there all the same.
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\]):\d+$/;

/** A connection to a server, made at the first call and again whenever it is lost. Several clients can share it. */
export class RpcChannel {
  /** Where the server is. */
  readonly address: string;
  /** grpc-js's own client; only createClient uses it. */
  readonly connection: Client;

  constructor(address: string, maxMessageBytes: number) {
    this.address = address;
    this.connection = new Client(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_MS,
      ...(LOOPBACK.test(address) ? { 'grpc.enable_http_proxy': 0 } : {}),
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

/** Opens a channel to `host:port`, without TLS. */
export function openChannel(address: string, options: { maxMessageBytes?: number } = {}): RpcChannel {
  return new RpcChannel(address, options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES);
}
