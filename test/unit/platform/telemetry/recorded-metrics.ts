import { metrics as api } from '@opentelemetry/api';
import { metrics } from '@opentelemetry/sdk-node';
import { showCurrentGauges } from '../../../../services/platform/telemetry/current-gauges.ts';
import type { MetricAttributes, MetricName } from '../../../../services/platform/telemetry/metric-names.ts';

class AskedReader extends metrics.MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** A value of a metric; a histogram's is how many were recorded. */
export interface Recorded {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number;
}

showCurrentGauges();
const reader = new AskedReader();
api.setGlobalMeterProvider(new metrics.MeterProvider({ readers: [reader] }));

/** What the metrics of this test file show right now under a name. Import this before anything is recorded. */
export async function recorded(name: MetricName): Promise<Recorded[]> {
  const { resourceMetrics, errors } = await reader.collect();
  if (errors.length > 0) throw errors[0];
  const found = resourceMetrics.scopeMetrics
    .flatMap((scope) => scope.metrics)
    .filter(({ descriptor }) => descriptor.name === name);
  return found.flatMap(({ dataPoints }) =>
    dataPoints.map(({ attributes, value }) => ({
      attributes,
      value: typeof value === 'number' ? value : (value as { count: number }).count,
    })),
  );
}

/** The value under a name with exactly these attributes; undefined where there is none. */
export async function recordedValue<N extends MetricName>(
  name: N,
  attributes: MetricAttributes<N> = {},
): Promise<number | undefined> {
  const wanted = JSON.stringify(Object.entries(attributes).sort());
  const all = await recorded(name);
  return all.find(({ attributes: own }) => JSON.stringify(Object.entries(own).sort()) === wanted)?.value;
}
