import { RunState, RunStateSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import { observe } from '../platform/telemetry/metrics.ts';
import type { RunRecords } from './run-records.ts';

const STATES = RunStateSchema.values.filter(({ number }) => number !== RunState.UNSPECIFIED);

/** Has the number of runs in each state asked for whenever metrics are collected; every replica tells of all runs. */
export function observeRuns(records: Pick<RunRecords, 'list'>): void {
  observe('winnow.runs', () => {
    const runs = records.list();
    return STATES.map(({ number, name }) => ({
      value: runs.filter(({ state }) => state === number).length,
      attributes: { 'winnow.state': name.replace('RUN_STATE_', '').toLowerCase() },
    }));
  });
}
