import { create } from '@bufbuild/protobuf';
import { SelectionRequestedSchema } from '../../proto/gen/winnow/v1/events_pb.ts';
import { type CheckpointRef, CheckpointRefSchema } from '../../proto/gen/winnow/v1/model_pb.ts';
import type { Run } from '../../proto/gen/winnow/v1/run_pb.ts';
import { checkBelonging, readIndexSet } from '../index-set/check-index-set.ts';
import { measureSet } from '../index-set/measure-set.ts';
import { readOutcome } from '../index-set/read-outcome.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { dropMessages } from '../platform/bus/drop-messages.ts';
import { putObject } from '../platform/bus/objects.ts';
import { publish } from '../platform/bus/publish.ts';
import { CHECKPOINT_BUCKET, REQUEST_STREAM, selectionRequestedSubject } from '../platform/bus/streams.ts';
import { sha256Hex } from '../platform/sha256.ts';
import type { IndexSetInbox } from './index-set-inbox.ts';
import { roundSeed } from './round-seed.ts';
import type { SelectionAnswer, SelectionFiles, StoredFile, TrainQuestion } from './run-messages.ts';

/** Puts a safetensors file into the checkpoint store, under its hash. */
export async function storeCheckpoint(bus: Bus, file: Uint8Array): Promise<CheckpointRef> {
  const sha256 = sha256Hex(file);
  await putObject(bus, CHECKPOINT_BUCKET, sha256, file);
  return create(CheckpointRefSchema, { sha256, sizeBytes: BigInt(file.length) });
}

/** Stores what a round is scored with. */
export async function storeSelectionFiles(
  bus: Bus,
  { checkpoint, signals }: Extract<TrainQuestion, { type: 'prepare' }>,
): Promise<SelectionFiles> {
  const stored = await storeFile(bus, checkpoint);
  if (!signals) return { checkpoint: stored };
  return { checkpoint: stored, signals: { ...(await storeFile(bus, signals.file)), examples: signals.examples } };
}

async function storeFile(bus: Bus, file: Uint8Array): Promise<StoredFile> {
  const { sha256 } = await storeCheckpoint(bus, file);
  return { sha256, sizeBytes: file.length };
}

function refOf({ sha256, sizeBytes }: StoredFile) {
  return { sha256, sizeBytes: BigInt(sizeBytes) };
}

/**
 * Asks for a run's index set of one round and waits for it. The set is checked to be this run's, round's and data set's.
 * Asking again changes nothing: the request is the same, and a round has one answer.
 */
export async function requestSelection(
  bus: Bus,
  inbox: IndexSetInbox,
  run: Run,
  { round, files }: Extract<TrainQuestion, { type: 'select' }>,
  signal: AbortSignal,
): Promise<SelectionAnswer> {
  const { spec, dataset } = run;
  const started = performance.now();
  const { checkpoint, signals } = files;
  const request = create(SelectionRequestedSchema, {
    runId: run.id,
    round,
    dataset: spec!.dataset!,
    datasetFingerprint: dataset!.fingerprint,
    model: spec!.model!,
    checkpoint: refOf(checkpoint),
    objective: spec!.objective!,
    selection: spec!.selection!,
    seed: roundSeed(spec!.seed, round),
    precision: spec!.precision,
    ...(signals && { trainingSignals: { ...refOf(signals), examples: signals.examples } }),
  });
  const messageId = `${run.id}.${round}`;
  let publishSeconds = 0;
  const measured = { metric: 'winnow.round.latency', scorer: spec!.selection!.scorer, signal } as const;
  const set = await measureSet(measured, async () => {
    // one that is still waiting to be answered is not asked a second time
    await publish(bus, selectionRequestedSubject(run.id, round), SelectionRequestedSchema, request, {
      messageId,
      onlyOne: true,
      signal,
    });
    publishSeconds = (performance.now() - started) / 1000;
    return readOutcome(bus, await inbox.of(round, signal), signal);
  });
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
  };
}

/** Takes back the requests of a run that has ended, so that nobody scores for it. */
export function withdrawRequests(bus: Bus, runId: string): Promise<void> {
  return dropMessages(bus, REQUEST_STREAM, selectionRequestedSubject(runId, '*'));
}
