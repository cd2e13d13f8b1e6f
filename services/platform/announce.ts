/** Says on standard output, in one line of JSON, that a service is ready and where. */
export function announce(service: string, address: string): void {
  process.stdout.write(`${JSON.stringify({ service, address })}\n`);
}

/** The address to call: the configured host with the port that was taken. */
export function boundAddress(listen: string, port: number): string {
  return listen.replace(/:\d+$/, `:${port}`);
}

/** The worker file beside a main file, compiled or not. */
export function workerBeside(mainUrl: string): URL {
  return new URL(mainUrl.endsWith('.ts') ? './worker.ts' : './worker.js', mainUrl);
}
