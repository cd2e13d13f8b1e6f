import { type Attributes, type Counter, type Histogram, type Meter, metrics } from '@opentelemetry/api';
import {
  CALL_SECONDS,
  type MetricAttributes,
  type MetricDefinition,
  type MetricName,
  type MetricOf,
  metricDefinitions,
  ROUND_SECONDS,
} from './metric-names.ts';

/** What a gauge shows, by its attributes. */
type GaugeValues = Map<string, { readonly value: number; readonly attributes: Attributes }>;

const meter = (): Meter => metrics.getMeter('winnow');

// Instruments live as long as the process; the API gives ones that do nothing where no SDK was started.
const counters = new Map<MetricName, Counter>();
const gauges = new Map<MetricName, GaugeValues>();
const histograms = new Map<MetricName, Histogram>();

function instrument<I>(made: Map<MetricName, I>, name: MetricName, make: (definition: MetricDefinition) => I): I {
  const found = made.get(name) ?? make(metricDefinitions[name]);
  made.set(name, found);
  return found;
}

/** Adds to a counter; what is not above 0 is left aside, as counters only grow. */
export function addTo<N extends MetricOf<'counter'>>(
  name: N,
  value: number,
  attributes: MetricAttributes<N> = {},
): void {
  if (!(value > 0)) return;
  const counter = instrument(counters, name, (options) => meter().createCounter(name, options));
  counter.add(value, attributes as Attributes);
}

/** Sets a gauge, which shows that until it is set again or cleared; what is not finite is left aside. */
export function setGauge<N extends MetricOf<'gauge'>>(
  name: N,
  value: number,
  attributes: MetricAttributes<N> = {},
): void {
  if (!Number.isFinite(value)) return;
  const values = instrument(gauges, name, () => shownValues(name));
  values.set(JSON.stringify(attributes), { value, attributes: attributes as Attributes });
}

/** Has all gauges of a run disappear. */
export function clearRunGauges(runId: string): void {
  for (const values of gauges.values()) {
    for (const [key, { attributes }] of values) if (attributes['winnow.run_id'] === runId) values.delete(key);
  }
}

// The API's own gauge would show its last value for as long as the process lives, that of a run that is long over too.
function shownValues(name: MetricOf<'gauge'>): GaugeValues {
  const values: GaugeValues = new Map();
  const gauge = meter().createObservableGauge(name, metricDefinitions[name]);
  gauge.addCallback((result) => {
    for (const { value, attributes } of values.values()) result.observe(value, attributes);
  });
  return values;
}

/** Records seconds in a histogram. */
export function recordSeconds<N extends MetricOf<'histogram'>>(
  name: N,
  seconds: number,
  attributes: MetricAttributes<N> = {},
): void {
  const boundaries = name.startsWith('winnow.') ? ROUND_SECONDS : CALL_SECONDS;
  const histogram = instrument(histograms, name, (options) =>
    meter().createHistogram(name, { ...options, advice: { explicitBucketBoundaries: boundaries } }),
  );
  histogram.record(seconds, attributes as Attributes);
}

/** One value of an observed metric, with its attributes. */
export interface Observation<N extends MetricName> {
  readonly value: number;
  readonly attributes?: MetricAttributes<N>;
}

/** Has a metric asked for whenever metrics are collected; a failure leaves it out once. Returns how to stop that. */
export function observe<N extends MetricOf<'observed'>>(
  name: N,
  read: () => Promise<readonly Observation<N>[]> | readonly Observation<N>[],
): () => void {
  const gauge = meter().createObservableGauge(name, metricDefinitions[name]);
  const callback = async (result: { observe(value: number, attributes?: Attributes): void }) => {
    for (const { value, attributes } of await read()) result.observe(value, attributes as Attributes);
  };
  gauge.addCallback(callback);
  return () => gauge.removeCallback(callback);
}
