import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP proxy whose connections can be cut without a goodbye. */
export interface BreakableProxy {
  readonly port: number;
  /** Cuts what is connected; new connections are still made. */
  cut(): void;
  /** From when a client sends this text on, nothing that the server says gets through. */
  muteAfter(text: string): void;
}

/** Starts one before a port of this machine, until the test ends. */
export async function breakableProxy(targetPort: number): Promise<BreakableProxy> {
  const sockets = new Set<Socket>();
  let trigger: string | undefined;
  const server = createServer((inbound) => {
    const outbound = connect(targetPort, '127.0.0.1');
    let muted = false;
    for (const socket of [inbound, outbound]) sockets.add(socket.on('error', () => {}));
    inbound.on('data', (data) => {
      if (trigger !== undefined && data.includes(trigger)) {
        muted = true;
        trigger = undefined;
      }
      outbound.write(data);
    });
    outbound.on('data', (data) => {
      if (!muted) inbound.write(data);
    });
    inbound.on('close', () => outbound.destroy());
    outbound.on('close', () => inbound.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(() => {
    server.close();
    cut();
  });
  const muteAfter = (text: string) => {
    trigger = text;
  };
  return { port: (server.address() as AddressInfo).port, cut, muteAfter };
}
