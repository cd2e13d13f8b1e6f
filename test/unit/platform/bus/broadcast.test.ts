import { expect, test } from 'vitest';
import { EpochProgressSchema } from '../../../../proto/gen/winnow/v1/training_service_pb.ts';
import { broadcast, hearBroadcasts } from '../../../../services/platform/bus/broadcast.ts';
import { runProgressSubject } from '../../../../services/platform/bus/streams.ts';
import { eventually } from '../eventually.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from './test-bus.ts';

const shared = sharedNatsServer();

test('a broadcast is heard by all who listen, each once and in order, and by nobody after the signal', async () => {
  const [sender, one, other] = await Promise.all([1, 2, 3].map(() => testBus(shared.server)));
  const stop = untilTestEnds();
  const heard: string[][] = [[], []];
  const id = newRunId();
  const listening = [one, other].map(({ bus }, i) =>
    hearBroadcasts(bus, runProgressSubject('*'), EpochProgressSchema, stop.signal, ({ done }, subject) => {
      if (subject.endsWith(id)) heard[i].push(`${done}`);
    }),
  );
  await Promise.all([one, other].map(({ bus }) => bus.connection.flush()));
  for (const done of [1, 2, 3]) broadcast(sender.bus, runProgressSubject(id), EpochProgressSchema, { done });
  sender.bus.connection.publish(runProgressSubject(id), Uint8Array.of(255));
  await eventually(() => heard.every(({ length }) => length === 3));
  expect(heard).toEqual([
    ['1', '2', '3'],
    ['1', '2', '3'],
  ]);
  stop.abort();
  await Promise.all(listening);
});

test('while the bus is away or closed, a broadcast is lost and nobody is held up', async () => {
  const { bus } = await testBus(shared.server);
  await bus.close();
  expect(() => broadcast(bus, runProgressSubject('r'), EpochProgressSchema, { done: 1 })).not.toThrow();
});
