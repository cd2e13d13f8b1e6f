import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { metricDefinitions } from '../../../services/platform/telemetry/metric-names.ts';
import { hasOne, promtool } from './tools.ts';

const folder = fileURLToPath(new URL('../../../deploy/', import.meta.url));
const rules = `${folder}prometheus/alerts.yaml`;
const data = `${folder}prometheus/alerts.test.yaml`;

/** Names that Prometheus gives our metrics. */
const names = new Set(
  Object.entries(metricDefinitions).flatMap(([name, { kind }]) => {
    const plain = name.replaceAll('.', '_');
    if (kind === 'counter') return [`${plain}_total`];
    return kind === 'histogram' ? [`${plain}_bucket`, `${plain}_count`, `${plain}_sum`] : [plain];
  }),
);

const labels = new Set(
  Object.values(metricDefinitions).flatMap(({ attributes }) => attributes.map((key) => key.replaceAll('.', '_'))),
);

/** Our metrics that an expression reads. */
function metricsIn(expression: string): string[] {
  const words = [...expression.matchAll(/\b(?:winnow|rpc|messaging)_[a-z_]+\b/g)].map(([word]) => word);
  return words.filter((word) => !labels.has(word));
}

describe('the alert rules', () => {
  const { groups } = parse(readFileSync(rules, 'utf8')) as { groups: { rules: { alert: string; expr: string }[] }[] };
  const alerts = groups.flatMap((group) => group.rules);

  test('read metrics that there are', () => {
    for (const { alert, expr } of alerts) {
      const read = metricsIn(expr);
      expect(read.length, alert).toBeGreaterThan(0);
      for (const name of read) expect(names, `${alert} reads ${name}`).toContain(name);
    }
  });

  const hasPromtool = hasOne('promtool', 'apt-get');
  const unless = hasPromtool ? '' : ' (skipped: neither promtool nor apt-get is here)';
  test.skipIf(!hasPromtool)(`fire on recorded data, and only then${unless}`, { timeout: 120_000 }, async () => {
    expect(await promtool('check', 'rules', rules)).toContain(`${alerts.length} rules found`);
    await promtool('test', 'rules', data);
    const tested = readFileSync(data, 'utf8');
    for (const { alert } of alerts) expect(tested, alert).toContain(`alertname: ${alert}`);
  });
});

describe('the dashboard', () => {
  const dashboard = JSON.parse(readFileSync(`${folder}grafana/winnow.json`, 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };

  test('reads metrics that there are, in every panel', () => {
    for (const { title, targets } of dashboard.panels) {
      for (const { expr } of targets ?? []) {
        const read = metricsIn(expr);
        expect(read.length, title).toBeGreaterThan(0);
        for (const name of read) expect(names, `${title} reads ${name}`).toContain(name);
      }
    }
  });

  test('shows every metric of runs and selections', () => {
    const shown = dashboard.panels
      .flatMap(({ targets }) => targets ?? [])
      .map(({ expr }) => expr)
      .join(' ');
    for (const name of Object.keys(metricDefinitions).filter((name) => name.startsWith('winnow.'))) {
      expect(shown).toContain(name.replaceAll('.', '_'));
    }
  });
});
