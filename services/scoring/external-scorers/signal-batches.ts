import { setImmediate } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type ExampleBatchSchema,
  type ScoreExamplesRequestSchema,
  type ScoringSettingSchema,
  Signal,
} from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ExampleSignals } from '../../selection/signals.ts';
import { fieldsOf, widthOf } from '../signal-fields.ts';

/** A quarter of gRPC's usual limit on a message, which scorers in other languages keep to. */
const BATCH_BYTES = 1024 * 1024;
/** Small enough that a scorer that answers as examples come has something to answer. */
const MOST_ROWS = 4096;
const BYTES_PER_VALUE = 4;

type Batch = MessageInitShape<typeof ExampleBatchSchema>;

/** Examples in one batch, at least 1. */
function rowsPerBatch(signals: ExampleSignals, needed: readonly Signal[]): number {
  const values = fieldsOf(needed).reduce((sum, field) => sum + widthOf(field, signals), 1);
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(BATCH_BYTES / (values * BYTES_PER_VALUE))));
}

function batchOf(signals: ExampleSignals, needed: readonly Signal[], first: number, end: number): Batch {
  const lists = fieldsOf(needed).map((field) => {
    const width = widthOf(field, signals);
    return [field.key, Array.from(signals[field.key]?.subarray(first * width, end * width) ?? [])];
  });
  const labels = needed.includes(Signal.LABEL) && { labels: Array.from(signals.labels.subarray(first, end)) };
  return { firstIndex: first, ...labels, ...Object.fromEntries(lists) };
}

/** The stream to a scorer: the setting, then every needed signal of every example. `onSent` is told before each batch. */
export async function* signalBatches(
  setting: MessageInitShape<typeof ScoringSettingSchema>,
  signals: ExampleSignals,
  needed: readonly Signal[],
  onSent: (examples: number) => void,
): AsyncGenerator<MessageInitShape<typeof ScoreExamplesRequestSchema>, void, undefined> {
  yield { part: { case: 'setting', value: setting } };
  const rows = rowsPerBatch(signals, needed);
  for (let first = 0; first < signals.examples; first += rows) {
    onSent(first);
    yield { part: { case: 'batch', value: batchOf(signals, needed, first, Math.min(signals.examples, first + rows)) } };
    // encoding goes on without a pause while the connection takes all; other calls want their turn
    await setImmediate();
  }
  onSent(signals.examples);
}
