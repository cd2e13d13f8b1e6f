import type { Dataset } from '../../dataset/dataset.ts';
import { datasetInfo } from '../../dataset/dataset-info.ts';
import { Handover, type WorkContext } from '../../platform/thread/serve-work.ts';
import type { ExampleSignals } from '../../selection/signals.ts';
import { costOf, measureTarget } from '../measure-target.ts';
import { checkFingerprint } from '../score-dataset.ts';
import { secondsSince } from '../seconds-since.ts';
import type { MeasureRequest, MeasureResult } from './external-messages.ts';

/** Buffers that nothing here needs any more. */
function buffersOf(signals: ExampleSignals): ArrayBuffer[] {
  const arrays = Object.values(signals).filter((value) => ArrayBuffer.isView(value));
  return arrays.filter(({ byteLength }) => byteLength > 0).map(({ buffer }) => buffer as ArrayBuffer);
}

/** Attacks a data set and hands over what a scorer that runs as a service asks for. As measureTarget; INVALID_INDEX_SET. */
export async function measure(dataset: Dataset, request: MeasureRequest, context: WorkContext): Promise<Handover> {
  const started = performance.now();
  const { target, needed, expectedFingerprint, trainingSignals, gathered } = request;
  checkFingerprint(dataset, expectedFingerprint);
  const measured = await measureTarget(dataset, target, { needs: needed }, context, trainingSignals, gathered);
  // the data set keeps its own labels
  const signals = { ...measured.signals, labels: measured.signals.labels.slice() };
  const result: MeasureResult = {
    signals,
    ...(measured.ignoredSignals !== undefined && { ignoredSignals: measured.ignoredSignals }),
    dataset: datasetInfo(dataset),
    cost: costOf(measured, secondsSince(started)),
  };
  return new Handover(result, buffersOf(signals));
}
