import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { SpanAttributes, SpanName } from './names.ts';

const tracer = () => trace.getTracer('winnow');

/** Runs work inside a span of the active trace. An error the work throws is recorded and thrown on. */
export function withSpan<T>(
  name: SpanName,
  attributes: SpanAttributes,
  fn: (span: Span) => Promise<T> | T,
): Promise<T> {
  return spanAround(name, { kind: SpanKind.INTERNAL, attributes: attributes as Attributes }, context.active(), fn);
}

/** Runs work inside a span of any kind, below the given context. */
export function spanAround<T>(
  name: string,
  options: SpanOptions,
  parent: Context,
  fn: (span: Span) => Promise<T> | T,
): Promise<T> {
  return tracer().startActiveSpan(name, options, parent, async (span) => {
    try {
      return await fn(span);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      span.recordException({ name: error instanceof Error ? error.name : 'Error', message });
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The active span as a W3C traceparent, to be stored with work that goes on later; undefined outside of any. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** Runs work as a child of a stored traceparent; in a trace of its own where that is absent or malformed. */
export function withTraceparent<T>(traceparent: string | undefined, fn: () => T): T {
  const parent = traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });
  return context.with(parent, fn);
}
