import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { metricDefinitions } from '../../../../services/platform/telemetry/metric-names.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

describe('the registry of metrics', () => {
  test('names are dotted lower case, units UCUM, and nothing that grows is an attribute', () => {
    for (const [name, { unit, description, attributes }] of Object.entries(metricDefinitions)) {
      expect(name).toMatch(/^(winnow|rpc|messaging)(\.[a-z_]+)+$/);
      expect(unit).toMatch(/^(1|s|By|\{[a-z]+\})$/);
      expect(description.length).toBeGreaterThan(10);
      expect(attributes).not.toContain('winnow.round');
    }
  });
});

/** Runs a script with the telemetry preload until it prints a line, and gives that. */
async function underPreload(script: string, env: NodeJS.ProcessEnv): Promise<string> {
  const preload = join(root, 'services/platform/telemetry/preload.ts');
  const loader = join(root, 'test/system/typescript-loader.mjs');
  const child = spawn('node', ['--import', loader, '--import', preload, '--input-type=module', '-e', script], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.includes('\n# end')) break;
  }
  return text;
}

describe('the Prometheus endpoint', () => {
  test('shows what was recorded, under names that Prometheus makes of ours, and no command line', async () => {
    const port = 20_000 + (process.pid % 20_000);
    const script = `
      import { addTo, observe, recordSeconds, setGauge } from './services/platform/telemetry/metrics.ts';
      addTo('winnow.run.examples', 128, { 'winnow.objective': 'trades' });
      addTo('winnow.run.examples', -5, { 'winnow.objective': 'trades' });
      setGauge('winnow.run.loss', Number.NaN, { 'winnow.run_id': 'a' });
      setGauge('winnow.run.kept_share', 0.3, { 'winnow.run_id': 'a' });
      recordSeconds('winnow.round.latency', 3, { 'winnow.scorer': 'random', 'winnow.outcome': 'set' });
      observe('winnow.requests.waiting', async () => [{ value: 2 }]);
      const { setTimeout: sleep } = await import('node:timers/promises');
      await sleep(200);
      console.log(await (await fetch('http://127.0.0.1:${port}/metrics')).text() + '\\n# end');
    `;
    const text = await underPreload(script, {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      OTEL_EXPORTER_PROMETHEUS_PORT: `${port}`,
      OTEL_SERVICE_NAME: 'test',
    });
    expect(text).toMatch(/^winnow_run_examples_total\{winnow_objective="trades"[^}]*\} 128$/m);
    expect(text).toMatch(/^winnow_run_kept_share(_ratio)?\{winnow_run_id="a"[^}]*\} 0\.3$/m);
    expect(text).not.toContain('winnow_run_loss{');
    expect(text).toMatch(/^winnow_round_latency(_seconds)?_bucket\{[^}]*le="5"[^}]*\} 1$/m);
    expect(text).toMatch(/^winnow_requests_waiting(\{[^}]*\})? 2$/m);
    expect(text).not.toContain('process_command');
  });
});
