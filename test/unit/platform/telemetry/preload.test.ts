import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PRELOAD, runFixture } from '../child-process.ts';

interface Span {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}
const SERVER_KIND = 2;
const CLIENT_KIND = 3;

// The fixture's client connects to its server; an exporter would connect as well.
const ITS_OWN_CONNECTION = '1 connections\n';

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A collector that keeps what it is sent. */
async function collector(): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
      response.setHeader('content-type', request.headers['content-type'] ?? '').end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

interface Export {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: { readonly spans: Span[] }[];
  }[];
}

// Each test starts processes that load the whole SDK and are compiled as they load.
describe('the preload', { timeout: 90_000 }, () => {
  test('client, server and later work are in one trace', async () => {
    const { url, received } = await collector();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_SERVICE_NAME: 'winnow-fixture',
      TEST_LOG_LEVEL: 'info',
    };
    const child = runFixture('traced-call', { env, imports: [PRELOAD] });
    expect(await child.ended).toBe(0);
    expect(new Set(received.map((request) => request.url))).toEqual(new Set(['/v1/traces']));
    const exports = received.flatMap(({ body }) => (JSON.parse(body.toString()) as Export).resourceSpans);
    const spans = exports.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    const find = (name: string, kind?: number) =>
      spans.find((span) => span.name.endsWith(name) && (kind === undefined || span.kind === kind)) as Span;
    const client = find('TrainingService/GetRun', CLIENT_KIND);
    const server = find('TrainingService/GetRun', SERVER_KIND);
    expect(server).toMatchObject({ traceId: client.traceId, parentSpanId: client.spanId });
    expect(find('winnow.run')).toMatchObject({ traceId: client.traceId, parentSpanId: server.spanId });
    expect(find('TrainingService/WatchRun', SERVER_KIND).traceId).toBe(
      find('TrainingService/WatchRun', CLIENT_KIND).traceId,
    );
    const line = JSON.parse(child.stderr) as Record<string, string>;
    expect(line).toMatchObject({ msg: 'in the handler', trace_id: client.traceId, span_id: server.spanId });
    const attributes = exports[0]?.resource.attributes ?? [];
    expect(attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'winnow-fixture' } });
    expect(attributes.filter(({ key }) => key.startsWith('process.'))).toEqual([]);
  });

  test('http/protobuf is the default', async () => {
    const { url, received } = await collector();
    const child = runFixture('traced-call', {
      env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces` },
      imports: [PRELOAD],
    });
    expect(await child.ended).toBe(0);
    expect(child.stdout).not.toBe(ITS_OWN_CONNECTION);
    expect(received[0]?.headers['content-type']).toBe('application/x-protobuf');
    expect(received[0]?.body.includes('winnow.run')).toBe(true);
    expect(child.stderr).toBe('');
  });

  test('grpc works as well, and its own calls are not traced', async () => {
    const bodies: Buffer[] = [];
    const server = new Server();
    const bytes = (value: Buffer) => value;
    server.register(
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      (call: { request: Buffer }, respond: (error: null, value: Buffer) => void) => {
        bodies.push(call.request);
        respond(null, Buffer.alloc(0));
      },
      bytes,
      bytes,
      'unary',
    );
    const port = await new Promise<number>((resolve) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound));
    });
    onTestFinished(() => server.forceShutdown());
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    const child = runFixture('traced-call', { env, imports: [PRELOAD] });
    expect(await child.ended).toBe(0);
    const text = Buffer.concat(bodies).toString('latin1');
    expect(text).toContain('winnow.v1.TrainingService/GetRun');
    expect(text).not.toContain('TraceService/Export');
  });

  test('with nothing set nothing is sent or printed, and log lines still have a trace id', async () => {
    const silent = runFixture('traced-call', { imports: [PRELOAD] });
    expect(await silent.ended).toBe(0);
    expect([silent.stdout, silent.stderr]).toEqual([ITS_OWN_CONNECTION, '']);
    const logging = runFixture('traced-call', { env: { TEST_LOG_LEVEL: 'info' }, imports: [PRELOAD] });
    expect(await logging.ended).toBe(0);
    expect(JSON.parse(logging.stderr)).toMatchObject({
      msg: 'in the handler',
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  test('a collector that is not there changes nothing, and the end waits no longer than seconds', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    const start = Date.now();
    const child = runFixture('traced-call', { env, imports: [PRELOAD] });
    expect(await child.ended).toBe(0);
    expect(child.stderr).toBe('');
    expect(Date.now() - start).toBeLessThan(20_000);
  });

  test('without the preload everything works untraced', async () => {
    const child = runFixture('traced-call', { env: { TEST_LOG_LEVEL: 'info' } });
    expect(await child.ended).toBe(0);
    expect(JSON.parse(child.stderr)).not.toHaveProperty('trace_id');
  });
});
