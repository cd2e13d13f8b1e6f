import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapSetter,
} from '@opentelemetry/api';

/** The part of a message's headers that trace context travels in; NATS headers are such. */
export interface TraceHeaders {
  get(key: string): string;
  set(key: string, value: string): void;
  keys(): string[];
}

const setter: TextMapSetter<TraceHeaders> = {
  set: (headers, key, value) => headers.set(key, value),
};

const getter: TextMapGetter<TraceHeaders> = {
  get: (headers, key) => headers.get(key) || undefined,
  keys: (headers) => headers.keys(),
};

/** Writes the active trace context into headers (`traceparent`, `tracestate`); nothing where there is none. */
export function injectTrace(headers: TraceHeaders): void {
  propagation.inject(context.active(), headers, setter);
}

/** The trace context that headers carry; an empty one where they carry none. */
export function extractTrace(headers: TraceHeaders | undefined): Context {
  return headers ? propagation.extract(ROOT_CONTEXT, headers, getter) : ROOT_CONTEXT;
}
