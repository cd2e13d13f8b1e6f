import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { NodeSDK, type NodeSDKConfiguration, resources, type tracing } from '@opentelemetry/sdk-node';
import { showCurrentGauges } from './current-gauges.ts';
import { setTelemetryFlush } from './shutdown.ts';

/** Makes span ids and exports nothing: the SDK makes none where it has no processor. */
const idsOnly: tracing.SpanProcessor = {
  onStart: () => {},
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

// Probes and reflection come every few seconds and say nothing about the work.
const UNTRACED_METHODS = ['Check', 'Watch', 'List', 'ServerReflectionInfo'];

/** Starts the OpenTelemetry SDK as the OTEL_* variables say; see preload.ts for those that are read here. */
export function startTracing(env: NodeJS.ProcessEnv = process.env): void {
  const logsAreSent = isExporting(env.OTEL_LOGS_EXPORTER);
  const configuration: Partial<NodeSDKConfiguration> = {
    instrumentations: [
      new GrpcInstrumentation({ ignoreGrpcMethods: UNTRACED_METHODS }),
      new PinoInstrumentation({ disableLogSending: !logsAreSent }),
    ],
    ...(tracesAreSent(env) ? {} : { spanProcessors: [idsOnly] }),
    ...(isExporting(env.OTEL_METRICS_EXPORTER) ? {} : { metricReaders: [] }),
    ...(logsAreSent ? {} : { logRecordProcessors: [] }),
    // The SDK's own choice would add the command line, which may hold addresses and paths.
    ...(env.OTEL_NODE_RESOURCE_DETECTORS ? {} : { resourceDetectors: [resources.envDetector] }),
  };
  showCurrentGauges();
  const sdk = new NodeSDK(configuration);
  sdk.start();
  setTelemetryFlush(() => sdk.shutdown());
}

function tracesAreSent(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_TRACES_EXPORTER) return isExporting(env.OTEL_TRACES_EXPORTER);
  return Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}

function isExporting(exporter: string | undefined): boolean {
  return exporter !== undefined && exporter !== '' && exporter !== 'none';
}
