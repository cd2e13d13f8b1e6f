import { RunSchema, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { openStore } from '../platform/bus/key-value.ts';
import { RUN_BUCKET } from '../platform/bus/streams.ts';

const ENDED: ReadonlySet<RunState> = new Set([RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED]);

/** Whether a run has ended by what is stored of it; one that nothing is stored of has not. */
export async function hasRunEnded(bus: Bus, runId: string): Promise<boolean> {
  const entry = await openStore(bus, RUN_BUCKET, RunSchema).get(runId);
  return entry !== undefined && ENDED.has(entry.value.state);
}

/** Calls back when a run ends, unless the signal aborts before. */
export async function onRunEnd(bus: Bus, runId: string, signal: AbortSignal, ended: () => void): Promise<void> {
  const runs = openStore(bus, RUN_BUCKET, RunSchema);
  for await (const { value } of runs.watch({ key: runId, signal })) {
    if (ENDED.has(value.state)) return ended();
  }
}
