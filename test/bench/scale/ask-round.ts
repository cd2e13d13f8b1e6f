import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { connectScoring } from '../../../clients/node/scoring-client.ts';
import { SelectionRequestedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { IndexSetHistory } from '../../../services/index-set/history.ts';
import { readOutcome } from '../../../services/index-set/read-outcome.ts';
import type { Bus } from '../../../services/platform/bus/connection.ts';
import { publish } from '../../../services/platform/bus/publish.ts';
import { selectionRequestedSubject } from '../../../services/platform/bus/streams.ts';

/** A round's request, without the run and round it is for. */
export type RoundSpec = Omit<
  MessageInitShape<typeof SelectionRequestedSchema>,
  '$typeName' | '$unknown' | 'runId' | 'round'
>;

/** Asks for a round's set as a trainer does, over the bus, and waits for it. Throws what the round failed of. */
export async function askRound(
  bus: Bus,
  { runId, round }: { readonly runId: string; readonly round: number },
  spec: RoundSpec,
  signal: AbortSignal,
): Promise<IndexSet> {
  const request = create(SelectionRequestedSchema, { ...spec, runId, round });
  const options = { messageId: `${runId}.${round}`, onlyOne: true, signal };
  await publish(bus, selectionRequestedSubject(runId, round), SelectionRequestedSchema, request, options);
  for await (const finished of new IndexSetHistory(bus).follow(runId, signal)) {
    if (finished.round === round) return readOutcome(bus, finished, signal);
  }
  throw signal.reason;
}

/** The set that one process makes of the same request without cutting it, as it is called for by name. */
export async function askUncut(address: string, spec: RoundSpec, scorer: string): Promise<IndexSet> {
  const client = connectScoring(address);
  const { dataset, model, objective, selection, seed } = spec;
  try {
    const target = { dataset, model, objective, seed };
    for await (const part of client.selectSubset({ target, selection: { ...selection, scorer } } as never)) {
      if (part.case === 'indexSet') return part.value;
    }
    throw new Error('the selection ended without a set');
  } finally {
    client.close();
  }
}
