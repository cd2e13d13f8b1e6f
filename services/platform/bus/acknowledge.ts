import type { JsMsg } from 'nats';
import type { Bus } from './connection.ts';
import { whileAway } from './retry.ts';

// JetStream's acknowledgements, which it confirms when they are sent as requests.
const ACK = '+ACK';
const TERMINATE = '+TERM';

// How long one attempt waits for the confirmation.
const CONFIRM_TIMEOUT_MS = 5_000;

/**
 * Says that a message is done with, and waits until the server knows: an acknowledgement that is lost while the bus is
 * away would bring the message again. Gives up, and logs that it may come again, when the signal aborts.
 */
export async function acknowledge(
  bus: Bus,
  message: JsMsg,
  how: 'ack' | 'terminate',
  signal: AbortSignal,
): Promise<void> {
  const payload = how === 'ack' ? ACK : TERMINATE;
  // JsMsg.ackAck() can be tried only once; the subject it answers to is there, though not in the type.
  const { reply } = message as JsMsg & { readonly reply: string };
  const confirm = () => bus.connection.request(reply, payload, { timeout: CONFIRM_TIMEOUT_MS });
  try {
    if (signal.aborted) await confirm();
    else await whileAway(bus, { what: `acknowledging ${message.subject}`, signal }, confirm);
  } catch (error) {
    bus.log.warn({ err: error, subject: message.subject }, 'a message that was handled may come again');
  }
}
