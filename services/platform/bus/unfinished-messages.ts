import type { Bus } from './connection.ts';
import { isNotFound } from './streams.ts';

/** Messages that a durable consumer has yet to be given, or has not acknowledged; 0 where it was never made. */
export async function unfinishedMessages(bus: Bus, stream: string, durable: string): Promise<number> {
  try {
    const { num_pending: waiting, num_ack_pending: underWay } = await bus.manager.consumers.info(stream, durable);
    return waiting + underWay;
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}
