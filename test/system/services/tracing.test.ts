import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { type CollectedSpan, type Collector, startCollector } from './collector.ts';
import { untilState } from './follow-run.ts';
import { tinySpec } from './requests.ts';
import { type Stack, startStack } from './stack.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const ROUNDS = 2;

// OTLP's numbers for span kinds.
const SERVER = 2;
const PRODUCER = 4;
const CONSUMER = 5;

const REQUESTED = 'winnow.v1.selection.requested';
const INDEX_SET = 'winnow.v1.index_set';

describe('one trace runs client, training, NATS, scoring, NATS, training', () => {
  let collector: Collector;
  let stack: Stack;
  let runId: string;

  beforeAll(async () => {
    collector = await startCollector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
    stack = await startStack('scoring', 'training');
    const training = await stack.training();
    const selection = { scorer: 'el2n', fraction: 0.5, everyEpochs: 1 };
    const metadata = { traceparent: `00-${TRACE}-${CALLER}-01` };
    runId = (await training.createRun(tinySpec({ epochs: ROUNDS, selection }), { metadata })).id;
    await untilState(training, runId, RunState.SUCCEEDED);
    // What is waiting is sent before a service ends.
    await Promise.all([stack.terminate('scoring'), stack.terminate('training')]);
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await stack.stop();
    await collector.stop();
  });

  const named = (name: string, kind?: number) =>
    collector.spans
      .filter((span) => span.traceId === TRACE && span.name.endsWith(name))
      .filter((span) => kind === undefined || span.kind === kind);
  const childrenOf = (parent: CollectedSpan, spans: readonly CollectedSpan[]) =>
    spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
  const onlyChild = (parent: CollectedSpan, name: string, service: string): CollectedSpan => {
    const children = childrenOf(parent, named(name));
    expect(children.map((child) => child.service)).toEqual([service]);
    return children[0];
  };

  it('hangs the run below the call that made it', () => {
    const calls = named('winnow.v1.TrainingService/CreateRun', SERVER);
    expect(calls).toMatchObject([{ parentSpanId: CALLER, service: 'winnow-training' }]);
    const runs = named('winnow.run');
    expect(runs).toMatchObject([{ parentSpanId: calls[0].spanId, service: 'winnow-training' }]);
  });

  it('hangs every round below the run, through both services and back', () => {
    const [run] = named('winnow.run');
    const rounds = childrenOf(run, named('winnow.round'));
    expect(rounds).toHaveLength(ROUNDS);
    for (const round of rounds) {
      const request = onlyChild(round, `${REQUESTED} publish`, 'winnow-training');
      expect(request.kind).toBe(PRODUCER);
      const answering = onlyChild(request, `${REQUESTED} process`, 'winnow-scoring');
      expect(answering.kind).toBe(CONSUMER);
      onlyChild(answering, 'winnow.select', 'winnow-scoring');
      const answer = onlyChild(answering, `${INDEX_SET} publish`, 'winnow-scoring');
      expect(answer.kind).toBe(PRODUCER);
      const taking = onlyChild(answer, `${INDEX_SET} process`, 'winnow-training');
      expect(taking.kind).toBe(CONSUMER);
    }
  });

  it('has every span of the run, and no other work, in the trace', () => {
    const foreign = collector.spans.filter(({ traceId, name }) => traceId !== TRACE && !name.includes('WatchRun'));
    expect(foreign).toEqual([]);
  });

  it('is named by the log lines of both services', () => {
    const training = stack.log('training').filter((line) => line.run === runId);
    expect(training.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['run started', 'run succeeded']));
    const scoring = stack.log('scoring').filter((line) => line.run === runId);
    expect(scoring.map(({ msg }) => msg)).toEqual(
      Array.from({ length: ROUNDS }, () => ['selection requested', 'index set published']).flat(),
    );
    for (const line of [...training, ...scoring]) expect(line.trace_id).toBe(TRACE);
  });
});

describe('without an endpoint', () => {
  // Where OpenTelemetry's exporters send what nobody told them to send elsewhere.
  const DEFAULT_PORT = 4318;

  it('nothing tries to reach a collector', async ({ skip }) => {
    let connections = 0;
    const listener = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    const listening = once(listener, 'listening');
    listener.listen(DEFAULT_PORT);
    await listening.catch(() => skip(`port ${DEFAULT_PORT} is taken, perhaps by a collector`));
    const stack = await startStack('training');
    try {
      const training = await stack.training();
      await training.listRuns()[Symbol.asyncIterator]().next();
      expect(await stack.terminate('training')).toBe('exit code 0');
      expect(connections).toBe(0);
    } finally {
      await stack.stop();
      listener.close();
    }
  });
});
