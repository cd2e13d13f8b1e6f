import { onTestFinished } from 'vitest';
import { decodeIndices } from '../../../clients/node/index-set.ts';
import { connectScoring, type ScoringClient, type SignalsPart } from '../../../clients/node/scoring-client.ts';
import type { SignalBatch } from '../../../clients/node/signal-requests.ts';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { type SignalsDependencies, selectFromSignals } from '../../../services/scoring/select-from-signals.ts';
import { type SelectSignalsRequest, selectSignals } from '../../../services/scoring/select-signals.ts';
import { SignalMemory } from '../../../services/scoring/signal-memory.ts';
import type { ExampleSignals } from '../../../services/selection/signals.ts';
import { scriptedServer } from '../clients/scripted-server.ts';
import { directContext } from '../direct-context.ts';

export type SignalsSettingInit = Parameters<ScoringClient['selectFromSignals']>[0];

/** Selects in this thread. */
const direct: SignalsDependencies['thread'] = {
  run: async (_kind, request) => (await selectSignals(request as SelectSignalsRequest, directContext())) as never,
};

function noRun(): never {
  throw new Error('this test has no run');
}

const noRounds: SignalsDependencies['rounds'] = {
  refuseTrainingRun: noRun,
  find: noRun,
  previous: noRun,
  last: noRun,
  publish: noRun,
};

/** No scorer runs as a service. */
const noServices: Pick<SignalsDependencies, 'services' | 'external'> = {
  services: { describedFor: async () => [] },
  external: { selectSignals: noRun },
};

/** A client of a server that selects from signals; what it works with is as given. Ends with the test. */
export async function signalsServer(given: Partial<SignalsDependencies> = {}) {
  const deps = { thread: direct, memory: new SignalMemory(2 ** 30), rounds: noRounds, ...noServices, ...given };
  const { address } = await scriptedServer({
    scoring: { selectFromSignals: (requests, context) => selectFromSignals(requests, deps, context) },
  });
  const client = connectScoring(address);
  onTestFinished(() => client.close());
  return { client, memory: deps.memory };
}

/** Signals in batches of `size`, all that are there. */
export function* batchesOf(signals: ExampleSignals, size: number): Generator<SignalBatch> {
  const { examples, classes, features, labels } = signals;
  for (let first = 0; first < examples; first += size) {
    const rows = (matrix: Float32Array | undefined, width: number) =>
      matrix?.subarray(first * width, (first + size) * width) ?? [];
    yield {
      labels: labels.subarray(first, first + size),
      cleanLogits: rows(signals.cleanLogits, classes),
      adversarialLogits: rows(signals.adversarialLogits, classes),
      cleanFeatures: rows(signals.cleanFeatures, features),
      adversarialFeatures: rows(signals.adversarialFeatures, features),
      adversarialLosses: rows(signals.adversarialLosses, 1),
      adversarialMargins: rows(signals.adversarialMargins, 1),
    };
  }
}

/** The set at the end of a stream. */
export async function setOf(parts: AsyncIterable<SignalsPart>): Promise<IndexSet> {
  let set: IndexSet | undefined;
  for await (const part of parts) if (part.case === 'indexSet') set = part.value;
  if (!set) throw new Error('the stream ended without a set');
  return set;
}

/** The indices at the end of a stream. */
export async function indicesOf(parts: AsyncIterable<SignalsPart>): Promise<Uint32Array> {
  return decodeIndices(await setOf(parts)).indices;
}
