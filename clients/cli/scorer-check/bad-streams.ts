import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { baseCall } from './call-scorer.ts';
import { askedColumns, type Batch, batchesOf, type Request, type Setting, settingFor } from './score-call.ts';
import type { Subject } from './subject.ts';

/** Messages that break the contract. */
export interface BadStream {
  readonly name: string;
  readonly remedy: string;
  /** The messages, made from proper ones; undefined where the scorer asks for nothing that this would be wrong for. */
  messages(subject: Subject, setting: Setting, batches: readonly Batch[]): readonly Request[] | undefined;
}

/** The proper setting and batches that a bad stream is made from. */
export function properParts(subject: Subject): { setting: Setting; batches: readonly Batch[] } {
  const { signals, keep, batchSize } = baseCall(subject);
  return {
    setting: settingFor(subject.scorer, signals, keep),
    batches: [...batchesOf(subject.scorer, signals, batchSize)],
  };
}

/** A setting and batches as requests. */
export function stream(setting: Setting, batches: readonly Batch[]): readonly Request[] {
  return [{ part: { case: 'setting', value: setting } }, ...batches.map(batchMessage)];
}

function batchMessage(value: Batch): Request {
  return { part: { case: 'batch', value } };
}

/** The batches with something changed in the second one. */
function changeSecond(batches: readonly Batch[], change: (batch: Batch) => Batch): readonly Batch[] {
  return batches.map((batch, i) => (i === 1 ? change(batch) : batch));
}

function badValue(name: string, value: number, isAbout: (signal: Signal) => boolean, remedy: string): BadStream {
  return {
    name,
    remedy,
    messages: ({ scorer }, setting, batches) => {
      const column = askedColumns(scorer).find(({ signal }) => isAbout(signal));
      if (column === undefined) return undefined;
      const { field } = column;
      const changed = changeSecond(batches, (batch) => ({ ...batch, [field]: [value, ...batch[field]!.slice(1)] }));
      return stream(setting, changed);
    },
  };
}

const FIRST = 'take the setting from the first message, and batches from all others';
const COUNT = "count the examples, and compare with the setting's examples";
const NEXT = "compare each batch's first_index with the number of examples that came before";
const ROWS = 'compare the length of each list with the number of examples in the batch times its columns';
const isNumber = (signal: Signal) => signal !== Signal.LABEL;

/** Streams that must be refused. */
export const badStreams: readonly BadStream[] = [
  { name: 'empty stream', remedy: FIRST, messages: () => [] },
  { name: 'empty message', remedy: FIRST, messages: (_, setting) => [...stream(setting, []), {}] },
  { name: 'no setting first', remedy: FIRST, messages: (_, __, batches) => batches.map(batchMessage) },
  {
    name: 'a second setting',
    remedy: FIRST,
    messages: (_, setting, batches) => [...stream(setting, []), ...stream(setting, batches)],
  },
  {
    name: 'a batch left out',
    remedy: NEXT,
    messages: (_, setting, batches) => stream(setting, batches.toSpliced(1, 1)),
  },
  {
    name: 'batches out of order',
    remedy: NEXT,
    messages: (_, setting, [first, second, ...others]) => stream(setting, [second!, first!, ...others]),
  },
  {
    name: 'too many examples',
    remedy: COUNT,
    messages: (_, setting, batches) => stream({ ...setting, examples: setting.examples! - 1 }, batches),
  },
  {
    name: 'too few examples',
    remedy: COUNT,
    messages: (_, setting, batches) => stream(setting, batches.slice(0, -1)),
  },
  {
    name: 'a row too short',
    remedy: ROWS,
    messages: ({ scorer }, setting, batches) => {
      const columns = askedColumns(scorer);
      const { field, width } = columns.at(-1)!;
      const isSeen = columns.length > 1 || width({ classes: 2, features: 2 }) > 1;
      const shorten = (batch: Batch) => ({ ...batch, [field]: batch[field]!.slice(0, -1) });
      return isSeen ? stream(setting, changeSecond(batches, shorten)) : undefined;
    },
  },
  {
    name: 'a signal left out',
    remedy: ROWS,
    messages: ({ scorer }, setting, batches) => {
      const columns = askedColumns(scorer);
      const leave = (batch: Batch) => ({ ...batch, [columns.at(-1)!.field]: [] });
      return columns.length > 1 ? stream(setting, batches.map(leave)) : undefined;
    },
  },
  badValue('label too high', 3, (signal) => signal === Signal.LABEL, 'compare labels with the number of classes'),
  badValue('a NaN', Number.NaN, isNumber, 'refuse values that are not finite: they spoil every sum they are in'),
  badValue('an infinity', Infinity, isNumber, 'refuse values that are not finite: they spoil every sum they are in'),
];
