/**
 * Starts tracing; load it with `node --import` before anything else: what is imported earlier is not instrumented.
 * Spans go to the OTLP collector of OTEL_EXPORTER_OTLP_ENDPOINT (or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT), by the
 * protocol of OTEL_EXPORTER_OTLP_PROTOCOL, under the name of OTEL_SERVICE_NAME. Where none is set nothing is sent, and
 * traces still have ids, so that log lines of one call can be found. Metrics and logs are sent only where
 * OTEL_METRICS_EXPORTER and OTEL_LOGS_EXPORTER say so.
 */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// Workers inherit --import, yet compute only; nothing in them is traced.
if (isMainThread) {
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const { startTracing } = await import('./start-tracing.ts');
  startTracing();
}
