import type { ExampleBatch } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { invalidField } from '../app-error.ts';
import { MAX_MAGNITUDE } from '../selection/signals.ts';
import { fieldsOf, type SignalField, signalFields, widthOf } from './signal-fields.ts';
import type { SignalsTask } from './signals-setting.ts';

/** The signals to take of every example: those the scorer reads, or the one in their place that the first batch has. */
export function wantedFields({ scorer }: SignalsTask, first: ExampleBatch): SignalField[] {
  const needed = fieldsOf(scorer.needed);
  const [standIn] = fieldsOf(scorer.standIn === undefined ? [] : [scorer.standIn]);
  const isThere = ({ key }: SignalField) => first[key].length > 0;
  return standIn && isThere(standIn) && !needed.every(isThere) ? [standIn] : needed;
}

/**
 * Checks a batch: it goes on at `done`, ends within the examples, and holds every wanted signal in full, finite.
 * INVALID_FIELD below `batch`.
 */
export function checkBatch(batch: ExampleBatch, done: number, task: SignalsTask, wanted: readonly SignalField[]): void {
  checkPlace(batch, done, task);
  checkLabels(batch, task);
  for (const field of signalFields) {
    const isWanted = wanted.includes(field);
    if (batch[field.key].length === 0) {
      if (isWanted) throw missing(field, task);
      continue;
    }
    checkSize(batch, field, task);
    if (isWanted) checkValues(batch, field, task);
  }
}

function checkPlace({ firstIndex, labels }: ExampleBatch, done: number, { examples }: SignalsTask): void {
  if (firstIndex !== done) {
    throw invalidField('batch.first_index', `is ${firstIndex}, not ${done}; send examples in order, without a gap`);
  }
  if (labels.length === 0) throw invalidField('batch.labels', 'is empty; every batch has the label of each example');
  if (done + labels.length > examples) {
    throw invalidField('batch.labels', `example ${examples} and more, where setting.examples is ${examples}`);
  }
}

function checkLabels({ labels, firstIndex }: ExampleBatch, { classes }: SignalsTask): void {
  const stray = labels.findIndex((label) => label >= classes);
  if (stray < 0) return;
  throw invalidField('batch.labels', `${labels[stray]} of example ${firstIndex + stray} is not below ${classes}`);
}

function checkSize(batch: ExampleBatch, field: SignalField, task: SignalsTask): void {
  const [found, rows, width] = [batch[field.key].length, batch.labels.length, widthOf(field, task)];
  if (found === rows * width) return;
  const each = field.width ? `setting.${field.width} is ${width}` : 'one each';
  throw invalidField(`batch.${field.name}`, `has ${found} values for ${rows} examples, of which ${each}`);
}

function checkValues(batch: ExampleBatch, field: SignalField, task: SignalsTask): void {
  const { least = -MAX_MAGNITUDE, key, name } = field;
  const values = batch[key];
  for (let i = 0; i < values.length; i += 1) {
    // written so that NaN fails
    if (values[i] >= least && values[i] <= MAX_MAGNITUDE) continue;
    const example = batch.firstIndex + Math.floor(i / widthOf(field, task));
    throw invalidField(
      `batch.${name}`,
      `example ${example} has ${values[i]}; only numbers from ${least} to ${MAX_MAGNITUDE}`,
    );
  }
}

function missing({ name, width }: SignalField, { scorer, features }: SignalsTask): Error {
  const [standIn] = fieldsOf(scorer.standIn === undefined ? [] : [scorer.standIn]);
  const instead = standIn ? `, or batch.${standIn.name} in its place` : '';
  const withSize = width === 'features' && features === 0 ? ' with setting.features' : '';
  return invalidField(
    `batch.${name}`,
    `is missing, and '${scorer.name}' reads it under this objective; send it${withSize}${instead}, ` +
      'or choose a scorer that does without: ListScorers tells what each reads',
  );
}
