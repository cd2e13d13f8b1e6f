import type { Bus } from '../platform/bus/connection.ts';
import { unfinishedMessages } from '../platform/bus/unfinished-messages.ts';
import { observe } from '../platform/telemetry/metrics.ts';

/** Has the selection requests that wait or are being answered asked for whenever metrics are collected. */
export function observeRequests(bus: Bus, stream: string, durable: string): void {
  observe('winnow.requests.waiting', async () => [{ value: await unfinishedMessages(bus, stream, durable) }]);
}
