import { ErrorReasonSchema } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import { recordSeconds } from './metrics.ts';

const METRICS = {
  publish: 'messaging.client.operation.duration',
  process: 'messaging.process.duration',
} as const;

/**
 * Records how long it took to publish or handle a message, and how that failed, by the semantic conventions for
 * messaging. `template` is the subject without its ids.
 */
export async function measureMessage<T>(
  operation: keyof typeof METRICS,
  template: string,
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  const record = (failure: { 'error.type'?: string }) =>
    recordSeconds(METRICS[operation], (performance.now() - started) / 1000, {
      'messaging.system': 'nats',
      'messaging.operation.name': operation,
      'messaging.destination.template': template,
      ...failure,
    });
  try {
    const result = await work();
    record({});
    return result;
  } catch (error) {
    record({ 'error.type': errorType(error) });
    throw error;
  }
}

/** A failure's kind, of which there are few: the reason of an expected one, the class of any other. */
function errorType(error: unknown): string {
  if (error instanceof AppError) return ErrorReasonSchema.value[error.reason].localName;
  return error instanceof Error ? error.name : 'other';
}
