import { isDeepStrictEqual } from 'node:util';
import { type Run, RunState, RunStateSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { Bus } from '../../services/platform/bus/connection.ts';
import { listObjects } from '../../services/platform/bus/objects.ts';
import {
  CHECKPOINT_BUCKET,
  INDEX_SET_STREAM,
  indexSetSubject,
  LEASE_BUCKET,
  REQUEST_STREAM,
  RUN_STATE_BUCKET,
} from '../../services/platform/bus/streams.ts';
import { outcomeOf } from './outcome.ts';

/** What is wrong with a run that ended after faults, given one of the same spec that nothing happened to. */
export async function faultsOfRun(bus: Bus, run: Run, undisturbed: Run): Promise<string[]> {
  const { id, state, failure, spec } = run;
  const name = `run ${id} (${spec?.name})`;
  if (state !== RunState.SUCCEEDED) {
    return [`${name} ended as ${RunStateSchema.value[state]?.localName}: ${failure?.message ?? ''}`];
  }
  const found = outcomeOf(run);
  const expected = outcomeOf(undisturbed);
  const differing = (Object.keys(expected) as (keyof typeof expected)[]).filter(
    (key) => !isDeepStrictEqual(found[key], expected[key]),
  );
  const faults = differing.map((key) => `${name}: ${key} differs from the undisturbed run's`);
  const answers = await bus.manager.streams.info(INDEX_SET_STREAM, { subjects_filter: indexSetSubject(id, '*') });
  const expectedAnswers = Object.fromEntries(undisturbed.rounds.map(({ round }) => [indexSetSubject(id, round), 1]));
  if (!isDeepStrictEqual({ ...answers.state.subjects }, expectedAnswers)) {
    faults.push(`${name}: its rounds' answers are ${JSON.stringify(answers.state.subjects)}`);
  }
  return faults;
}

/** What is left in the store of runs that have all ended, and should not be. */
export async function leftovers(bus: Bus): Promise<string[]> {
  const messages = async (stream: string) => (await bus.manager.streams.info(stream)).state.messages;
  const states = (await listObjects(bus, CHECKPOINT_BUCKET)).filter((name) => name.startsWith('state.'));
  const counts = {
    'selection requests': await messages(REQUEST_STREAM),
    leases: await messages(`KV_${LEASE_BUCKET}`),
    'owners of runs': await messages(`KV_${RUN_STATE_BUCKET}`),
    'state files': states.length,
  };
  return Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what} are left`] : []));
}
