import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHistory, storeHistory } from '../../../services/scoring/round-history.ts';
import { newRunId, sharedNatsServer, testBus } from '../platform/bus/test-bus.ts';

const shared = sharedNatsServer();

const histories = fc.array(fc.record({ right: fc.nat(1), count: fc.nat(0xffff) }), { minLength: 1, maxLength: 50 });

const historyOf = (examples: readonly { right: number; count: number }[]) => ({
  correctBefore: Uint8Array.from(examples, ({ right }) => right),
  forgettingCounts: Uint16Array.from(examples, ({ count }) => count),
});

describe('a stored history', () => {
  test('comes back as it was, by run and round', async () => {
    const { bus } = await testBus(shared.server);
    await fc.assert(
      fc.asyncProperty(histories, histories, async (first, second) => {
        const runId = newRunId();
        await storeHistory(bus, runId, 0, historyOf(first));
        await storeHistory(bus, runId, 1, historyOf(second));
        expect(await readHistory(bus, runId, 0)).toEqual(historyOf(first));
        expect(await readHistory(bus, runId, 1)).toEqual(historyOf(second));
      }),
      { numRuns: 10 },
    );
  });

  test('goes when the round after the next is stored', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    const history = historyOf([{ right: 1, count: 2 }]);
    for (const round of [0, 1, 2]) await storeHistory(bus, runId, round, history);
    expect(await readHistory(bus, runId, 0)).toBeUndefined();
    expect(await readHistory(bus, runId, 1)).toEqual(history);
    expect(await readHistory(bus, runId, 2)).toEqual(history);
  });

  test('of a run that has none is none', async () => {
    const { bus } = await testBus(shared.server);
    expect(await readHistory(bus, newRunId(), 0)).toBeUndefined();
  });
});
