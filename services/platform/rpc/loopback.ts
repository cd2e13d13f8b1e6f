const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\]):\d+$/;

/** Whether an address `host:port` is reached from this machine alone. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.test(address);
}
