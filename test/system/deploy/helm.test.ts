import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { REQUEST_STREAM, SHARD_STREAM } from '../../../services/platform/bus/streams.ts';
import { readConfig } from '../../../services/platform/config.ts';
import { REQUEST_CONSUMER } from '../../../services/scoring/answer-requests.ts';
import { scoringConfig } from '../../../services/scoring/config.ts';
import { SHARD_CONSUMER } from '../../../services/scoring/shards/shard-worker.ts';
import { trainingConfig } from '../../../services/training/config.ts';
import { hasOne, helm, kubernetesProblems } from './tools.ts';

const folder = fileURLToPath(new URL('../../../deploy/helm/', import.meta.url));
const chart = join(folder, 'winnow');
const examples = ['first-run', 'gpu'] as const;

// Go builds Helm once, where there is none.
const BUILD_MS = 15 * 60_000;

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly spec: Record<string, never>;
}
interface Container {
  readonly name: string;
  readonly env: { name: string; value: string }[];
  readonly ports: { name: string; containerPort: number }[];
  readonly securityContext: unknown;
  readonly resources: { limits: Record<string, unknown> };
  readonly startupProbe: Record<string, unknown> & { periodSeconds: number; failureThreshold: number };
}

async function render(...args: string[]): Promise<{ text: string; manifests: Manifest[] }> {
  const text = await helm('template', 'release', chart, ...args);
  return { text, manifests: parseAllDocuments(text).map((document) => document.toJSON() as Manifest) };
}

const example = (name: string, ...args: string[]) => render('-f', join(folder, 'examples', `${name}.yaml`), ...args);

function container(manifests: readonly Manifest[], service: string): Container {
  const deployment = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith(service));
  const { template } = deployment!.spec as unknown as { template: { spec: { containers: Container[] } } };
  return template.spec.containers[0]!;
}

function settings(manifests: readonly Manifest[], service: string, schema: z.ZodObject): Record<string, unknown> {
  const env = Object.fromEntries(container(manifests, service).env.map(({ name, value }) => [name, value]));
  return readConfig(schema, 'WINNOW_', env);
}

const hasHelm = hasOne('helm', 'go');
const unless = hasHelm ? '' : ' (skipped: neither helm nor go is here)';

describe.skipIf(!hasHelm).each(examples)(`the chart with %s.yaml${unless}`, (name) => {
  test('passes lint and Kubernetes’ schemas', { timeout: BUILD_MS }, async () => {
    expect(await helm('lint', '--strict', chart, '-f', join(folder, 'examples', `${name}.yaml`))).toContain(
      '0 chart(s) failed',
    );
    const scratch = mkdtempSync(join(tmpdir(), 'winnow-chart-'));
    onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
    const file = join(scratch, 'manifests.yaml');
    writeFileSync(file, (await example(name)).text);
    expect(await kubernetesProblems(file)).toEqual([]);
  });

  test('gives the services settings that they take', { timeout: BUILD_MS }, async () => {
    const { manifests } = await example(name);
    for (const [service, schema] of [
      ['scoring', scoringConfig],
      ['training', trainingConfig],
    ] as const) {
      expect(settings(manifests, service, schema)).toMatchObject({ dataRoot: '/data', listen: '0.0.0.0:7440' });
    }
  });

  test('runs nothing as root, nor with a writable root', { timeout: BUILD_MS }, async () => {
    const { manifests } = await example(name);
    for (const service of ['scoring', 'training']) {
      expect(container(manifests, service).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });
});

describe.skipIf(!hasHelm)(`the chart${unless}`, () => {
  test('asks how clients are let in', { timeout: BUILD_MS }, async () => {
    await expect(render()).rejects.toThrow(/choose how clients are let in: set security.tlsSecret/);
    await expect(render('--set', 'security.allowInsecure=true,security.clientCertificates=true')).rejects.toThrow(
      /clientCertificates needs security.tlsSecret/,
    );
  });

  test.each([
    ['scoring.replica=2', /additional properties 'replica' not allowed/],
    ['training.device=tpu', /value must be one of 'cpu', 'gpu'/],
    ['nats.url=http://nats', /does not match pattern/],
    ['terminationGracePeriodSeconds=5', /minimum: got 5, want 30/],
  ])('refuses %s', { timeout: BUILD_MS }, async (value, message) => {
    await expect(render('--set', `security.allowInsecure=true,${value}`)).rejects.toThrow(message);
  });

  test('scales by the consumer that the scoring service reads from', { timeout: BUILD_MS }, async () => {
    const { manifests } = await example('gpu');
    const scaled = manifests.find(({ kind }) => kind === 'ScaledObject');
    new ScaledObject(scaled as never).validate();
    const { triggers } = scaled!.spec as unknown as { triggers: { metadata: Record<string, string> }[] };
    expect(triggers.map(({ metadata }) => metadata)).toMatchObject([
      { stream: REQUEST_STREAM, consumer: REQUEST_CONSUMER },
      { stream: SHARD_STREAM, consumer: SHARD_CONSUMER },
    ]);
    const deployment = manifests.find(({ metadata }) => metadata.name === 'release-winnow-scoring');
    expect(deployment?.spec).not.toHaveProperty('replicas');
  });

  test('asks for GPUs where they are wanted, and gives them time to start', { timeout: BUILD_MS }, async () => {
    const { manifests } = await example('gpu');
    const { resources, startupProbe } = container(manifests, 'training');
    expect(resources.limits).toMatchObject({ 'nvidia.com/gpu': 1 });
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThanOrEqual(600);
    expect(container((await example('first-run')).manifests, 'training').resources.limits).not.toHaveProperty(
      'nvidia.com/gpu',
    );
  });

  test('probes the health service, behind TLS by a client that trusts the mounted authority', {
    timeout: BUILD_MS,
  }, async () => {
    const plain = container((await example('first-run')).manifests, 'scoring').startupProbe;
    expect(plain).toMatchObject({ grpc: { port: 7440 } });
    const { exec } = container((await example('gpu')).manifests, 'scoring').startupProbe as {
      exec?: { command: string[] };
    };
    expect(exec?.command).toEqual(
      expect.arrayContaining(['--tls-ca=/etc/winnow/tls/ca.crt', 'health', '127.0.0.1:7440']),
    );
  });

  test('runs scorers as services and tells the scoring service of them', { timeout: BUILD_MS }, async () => {
    const { manifests } = await example('gpu');
    expect(settings(manifests, 'scoring', scoringConfig)).toMatchObject({ scorers: ['release-winnow-knn:7450'] });
    expect(manifests.filter(({ metadata }) => metadata.name === 'release-winnow-knn').map(({ kind }) => kind)).toEqual([
      'Service',
      'Deployment',
    ]);
  });
});
