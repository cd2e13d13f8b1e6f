import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  SelectFromSignalsRequestSchema,
  SignalsSettingSchema,
} from '../../proto/gen/winnow/v1/scoring_service_pb.ts';

/** Signals of consecutive examples, row by row: arrays, typed or not; those that the scorer does not read may be absent. */
export interface SignalBatch {
  /** Class labels, one for each example. */
  readonly labels: ArrayLike<number>;
  /** Examples x classes. */
  readonly cleanLogits?: ArrayLike<number>;
  readonly adversarialLogits?: ArrayLike<number>;
  /** Examples x dimensions. */
  readonly cleanFeatures?: ArrayLike<number>;
  readonly adversarialFeatures?: ArrayLike<number>;
  /** One for each example. */
  readonly adversarialLosses?: ArrayLike<number>;
  readonly adversarialMargins?: ArrayLike<number>;
}

/** The messages of SelectFromSignals: the setting, then the batches, their first indices counted. */
export async function* signalRequests(
  setting: MessageInitShape<typeof SignalsSettingSchema>,
  batches: Iterable<SignalBatch> | AsyncIterable<SignalBatch>,
): AsyncGenerator<MessageInitShape<typeof SelectFromSignalsRequestSchema>> {
  yield { part: { case: 'setting', value: setting } };
  let firstIndex = 0;
  for await (const { labels, ...signals } of batches) {
    const values = Object.fromEntries(Object.entries(signals).map(([key, list]) => [key, toList(list)]));
    yield { part: { case: 'batch', value: { ...values, firstIndex, labels: toList(labels) } } };
    firstIndex += labels.length;
  }
}

function toList(values: ArrayLike<number> | undefined): number[] {
  if (values === undefined) return [];
  return Array.isArray(values) ? values : Array.from(values);
}
