import { create } from '@bufbuild/protobuf';
import {
  SelectionRequestedSchema,
  type StoredSignals,
  StoredSignalsSchema,
} from '../../proto/gen/winnow/v1/events_pb.ts';
import { type CheckpointRef, CheckpointRefSchema } from '../../proto/gen/winnow/v1/model_pb.ts';
import type { Run } from '../../proto/gen/winnow/v1/run_pb.ts';
import { checkBelonging, readIndexSet } from '../index-set/check-index-set.ts';
import { readOutcome } from '../index-set/read-outcome.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { putObject } from '../platform/bus/objects.ts';
import { publish } from '../platform/bus/publish.ts';
import { CHECKPOINT_BUCKET, selectionRequestedSubject } from '../platform/bus/streams.ts';
import { sha256Hex } from '../platform/sha256.ts';
import type { IndexSetInbox } from './index-set-inbox.ts';
import { roundSeed } from './round-seed.ts';
import type { SelectionAnswer, TrainQuestion } from './run-messages.ts';
import type { SignalFile } from './seen-signals.ts';

/** Puts a safetensors file into the checkpoint store, under its hash. */
export async function storeCheckpoint(bus: Bus, file: Uint8Array): Promise<CheckpointRef> {
  const sha256 = sha256Hex(file);
  await putObject(bus, CHECKPOINT_BUCKET, sha256, file);
  return create(CheckpointRefSchema, { sha256, sizeBytes: BigInt(file.length) });
}

async function storeSignals(bus: Bus, { file, examples }: SignalFile): Promise<StoredSignals> {
  const { sha256, sizeBytes } = await storeCheckpoint(bus, file);
  return create(StoredSignalsSchema, { sha256, sizeBytes, examples });
}

/** Asks for a run's index set of one round and waits for it. The set is checked to be this run's, round's and data set's. */
export async function requestSelection(
  bus: Bus,
  inbox: IndexSetInbox,
  run: Run,
  { round, checkpoint, signals }: Extract<TrainQuestion, { type: 'select' }>,
  signal: AbortSignal,
): Promise<SelectionAnswer & { readonly checkpoint: CheckpointRef }> {
  const { spec, dataset } = run;
  const started = performance.now();
  const stored = await storeCheckpoint(bus, checkpoint);
  const trainingSignals = signals && (await storeSignals(bus, signals));
  const request = create(SelectionRequestedSchema, {
    runId: run.id,
    round,
    dataset: spec!.dataset!,
    datasetFingerprint: dataset!.fingerprint,
    model: spec!.model!,
    checkpoint: stored,
    objective: spec!.objective!,
    selection: spec!.selection!,
    seed: roundSeed(spec!.seed, round),
    precision: spec!.precision,
    ...(trainingSignals && { trainingSignals }),
  });
  const messageId = `${run.id}.${round}`;
  await publish(bus, selectionRequestedSubject(run.id, round), SelectionRequestedSchema, request, {
    messageId,
    signal,
  });
  const publishSeconds = (performance.now() - started) / 1000;
  const set = await readOutcome(bus, await inbox.of(round, signal), signal);
  checkBelonging(set, {
    runId: run.id,
    round,
    datasetFingerprint: dataset!.fingerprint,
    examples: dataset!.trainExamples,
  });
  return {
    subset: readIndexSet(set),
    ...(set.quality && { quality: set.quality }),
    ...(set.cost && { cost: set.cost }),
    publishSeconds,
    checkpoint: stored,
  };
}
