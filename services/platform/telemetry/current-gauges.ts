import { metrics } from '@opentelemetry/sdk-node';

/**
 * Has all readers of metrics leave out what an observed gauge did not show when they last asked, as the specification
 * says; call it before any reader asks. By itself the SDK goes on showing all that it ever saw, such as the loss of runs
 * that are long over: it does what is right for sums, as readers want them since the start.
 */
export function showCurrentGauges(): void {
  const reader = metrics.MetricReader.prototype;
  const chosen = reader.selectAggregationTemporality;
  reader.selectAggregationTemporality = function select(this: metrics.MetricReader, type: metrics.InstrumentType) {
    const isGauge = type === metrics.InstrumentType.OBSERVABLE_GAUGE;
    return isGauge ? metrics.AggregationTemporality.DELTA : chosen.call(this, type);
  };
}
