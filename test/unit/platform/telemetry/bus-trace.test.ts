import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SelectionRequestedSchema } from '../../../../proto/gen/winnow/v1/events_pb.ts';
import { invalidField } from '../../../../services/app-error.ts';
import { consume } from '../../../../services/platform/bus/consume.ts';
import { publish } from '../../../../services/platform/bus/publish.ts';
import { REQUEST_STREAM, selectionRequestedSubject } from '../../../../services/platform/bus/streams.ts';
import { currentTraceparent, withSpan, withTraceparent } from '../../../../services/platform/telemetry/trace.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from '../bus/test-bus.ts';
import { eventually } from '../eventually.ts';

const shared = sharedNatsServer();
const exporter = new tracing.InMemorySpanExporter();
const sdk = new NodeSDK({
  spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
  metricReaders: [],
  logRecordProcessors: [],
  autoDetectResources: false,
});
beforeAll(() => sdk.start());
afterAll(() => sdk.shutdown());

const spanNamed = (name: string) => exporter.getFinishedSpans().find((span) => span.name === name);

describe('a trace', () => {
  test('goes on from a publisher through the bus into the handler', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    const subject = selectionRequestedSubject(runId, 0);
    let attempts = 0;
    const done = consume(bus, {
      stream: REQUEST_STREAM,
      durable: `test-${runId}`,
      filterSubject: subject,
      schema: SelectionRequestedSchema,
      maxInFlight: 1,
      ackWaitMs: 30_000,
      signal: untilTestEnds().signal,
      handler: () =>
        withSpan('winnow.select', { 'winnow.run_id': runId }, async () => {
          attempts++;
          throw invalidField('x', 'is wrong');
        }),
    });
    await withSpan('winnow.round', { 'winnow.round': 0 }, () =>
      publish(bus, subject, SelectionRequestedSchema, { runId }, { messageId: runId }),
    );
    await eventually(() => spanNamed('winnow.v1.selection.requested process') !== undefined);
    const chain = [
      'winnow.round',
      'winnow.v1.selection.requested publish',
      'winnow.v1.selection.requested process',
      'winnow.select',
    ];
    const spans = chain.map((name) => spanNamed(name));
    expect(new Set(spans.map((span) => span?.spanContext().traceId)).size).toBe(1);
    for (let i = 1; i < spans.length; i++) {
      expect(spans[i]?.parentSpanContext?.spanId).toBe(spans[i - 1]?.spanContext().spanId);
    }
    expect(spans.map((span) => span?.kind)).toEqual([
      SpanKind.INTERNAL,
      SpanKind.PRODUCER,
      SpanKind.CONSUMER,
      SpanKind.INTERNAL,
    ]);
    expect(spans[1]?.attributes).toMatchObject({
      'messaging.destination.name': subject,
      'messaging.message.id': runId,
    });
    expect(spans[3]?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'x: is wrong' });
    expect(attempts).toBe(1);
    void done;
  });

  test('a stored traceparent is taken up again; without one there is a new trace', async () => {
    let stored: string | undefined;
    await withSpan('winnow.run', {}, () => {
      stored = currentTraceparent();
    });
    expect(stored).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(currentTraceparent()).toBeUndefined();
    await withTraceparent(stored, () => withSpan('winnow.epoch', {}, () => {}));
    expect(spanNamed('winnow.epoch')?.parentSpanContext?.spanId).toBe(stored?.split('-')[2]);
    for (const absent of [undefined, 'nonsense']) {
      exporter.reset();
      await withTraceparent(absent, () => withSpan('winnow.score', {}, () => {}));
      expect(spanNamed('winnow.score')?.parentSpanContext).toBeUndefined();
    }
  });
});
