import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { AttackPolicyKind } from '../../proto/gen/winnow/v1/attack_policy_pb.ts';
import type { Run } from '../../proto/gen/winnow/v1/run_pb.ts';
import { metricDefinitions } from '../../services/platform/telemetry/metric-names.ts';
import { passesPerExample } from '../../services/training/passes-saved.ts';
import { readEventFile } from '../unit/clients/cli/export/event-file.ts';
import { runAgainst } from '../unit/clients/cli/test-io.ts';
import { temporaryFolder } from '../unit/clients/temporary-folder.ts';
import { startNatsServer } from './nats-server.ts';
import { freePort, type Sample, samplesOf, scrape, sumOf } from './prometheus-endpoint.ts';
import { EXAMPLES, tinySpec } from './services/requests.ts';
import { Stack } from './services/stack.ts';

const EPOCHS = 3;
const FRACTION = 0.5;
const SCORER = 'adv-grad-match';
// Node and TensorFlow alone take more; a machine has less.
const LEAST_MEMORY_BYTES = 50e6;
const MOST_MEMORY_BYTES = 1e12;

/** How Prometheus shows a metric. */
function shownName(name: string, kind: string): string {
  const plain = name.replaceAll('.', '_');
  if (kind === 'counter') return `${plain}_total`;
  return kind === 'histogram' ? `${plain}_count` : plain;
}

describe('metrics of both services, while a run trains with selections', () => {
  let stack: Stack;
  let ports: { readonly scoring: number; readonly training: number };
  let run: Run;
  let training: Sample[];
  let scoring: Sample[];
  /** What training showed while its tensor thread was at work. */
  let underWay: Sample[] = [];

  beforeAll(async () => {
    stack = new Stack(await startNatsServer());
    vi.stubEnv('OTEL_METRICS_EXPORTER', 'prometheus');
    vi.stubEnv('OTEL_EXPORTER_PROMETHEUS_HOST', '127.0.0.1');
    ports = { scoring: await freePort(), training: await freePort() };
    for (const name of ['scoring', 'training'] as const) {
      // each process takes the port as it is when it is started
      vi.stubEnv('OTEL_EXPORTER_PROMETHEUS_PORT', `${ports[name]}`);
      await stack.start(name);
    }
    const client = await stack.training();
    const spec = tinySpec({
      epochs: EPOCHS,
      selection: { scorer: SCORER, fraction: FRACTION, everyEpochs: 1 },
      attackPolicy: { kind: AttackPolicyKind.BULLET_TRAIN },
    });
    const { id } = await client.createRun(spec);
    for await (const event of client.watchRun(id)) {
      if (event.case === 'progress' && event.value.epoch > 0) underWay = await scrape(ports.training);
    }
    run = await client.getRun(id);
    training = await scrape(ports.training);
    scoring = await scrape(ports.scoring);
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await stack.stop();
  });

  test.each(Object.entries(metricDefinitions))(
    '%s is recorded, with the attributes of the registry',
    (name, definition) => {
      const shown = shownName(name, definition.kind);
      const samples = [training, underWay, scoring].flatMap((all) => samplesOf(all, shown));
      expect(samples).not.toEqual([]);
      const allowed = [...definition.attributes.map((key) => key.replaceAll('.', '_')), 'otel_scope_name'];
      for (const { labels, value } of samples) {
        expect(Number.isFinite(value)).toBe(true);
        for (const key of Object.keys(labels)) expect(allowed).toContain(key);
      }
    },
  );

  test('what is counted is what the record says', () => {
    const { history, cost } = run;
    const trained = history.reduce((sum, { examples }) => sum + examples, 0);
    expect(sumOf(training, 'winnow_run_examples_total', { winnow_objective: 'trades' })).toBe(trained);
    expect(sumOf(training, 'winnow_run_epochs_total')).toBe(EPOCHS);
    expect(sumOf(training, 'winnow_run_passes_total', { winnow_direction: 'forward' })).toBe(
      Number(cost!.passes!.forward),
    );
    expect(sumOf(training, 'winnow_run_passes_total', { winnow_direction: 'backward' })).toBe(
      Number(cost!.passes!.backward),
    );
    for (const phase of ['attack', 'update', 'scoring', 'evaluation'] as const) {
      const seconds = sumOf(training, 'winnow_run_phase_time_total', { winnow_phase: phase });
      expect(seconds, phase).toBeCloseTo(cost!.seconds![phase], 6);
    }
  });

  test('the gauges of the run show its last epoch', () => {
    const last = run.history[EPOCHS - 1];
    const labels = { winnow_run_id: run.id };
    expect(sumOf(training, 'winnow_run_loss', labels)).toBe(last.loss);
    expect(sumOf(training, 'winnow_run_kept_share', labels)).toBeCloseTo(FRACTION, 6);
    expect(sumOf(training, 'winnow_run_attack_success', labels)).toBeCloseTo(1 - last.trainRobustAccuracy, 12);
    expect(sumOf(training, 'winnow_run_robust_accuracy', labels)).toBe(run.result!.robustAccuracy);
    expect(sumOf(training, 'winnow_run_clean_accuracy', labels)).toBe(run.result!.cleanAccuracy);
    expect(sumOf(training, 'winnow_run_staleness', labels)).toBe(0);
    expect(sumOf(training, 'winnow_run_attack_group_share', labels)).toBeCloseTo(1, 12);
    const full = EPOCHS * EXAMPLES * passesPerExample(run.spec!.objective!);
    const made = Number(run.cost!.passes!.forward + run.cost!.passes!.backward);
    expect(sumOf(training, 'winnow_run_passes_saved', labels)).toBe(full - made);
  });

  test('every run is in one state', () => {
    expect(sumOf(training, 'winnow_runs')).toBe(1);
    expect(sumOf(training, 'winnow_runs', { winnow_state: 'succeeded' })).toBe(1);
  });

  test('rounds and selections are timed, the one within the other', () => {
    const labels = { winnow_scorer: SCORER, winnow_outcome: 'set' };
    expect(sumOf(training, 'winnow_round_latency_count', labels)).toBe(EPOCHS);
    expect(sumOf(scoring, 'winnow_selection_duration_count', labels)).toBe(EPOCHS);
    const selecting = sumOf(scoring, 'winnow_selection_duration_sum', labels);
    expect(selecting).toBeGreaterThan(0);
    expect(sumOf(training, 'winnow_round_latency_sum', labels)).toBeGreaterThan(selecting);
    expect(sumOf(scoring, 'winnow_selection_examples_total', { winnow_scorer: SCORER })).toBe(EPOCHS * EXAMPLES);
    expect(sumOf(scoring, 'winnow_requests_waiting')).toBe(0);
  });

  test('messages are timed where they are sent and where they are handled', () => {
    const [requested, answered] = ['winnow.v1.selection.requested', 'winnow.v1.index_set'];
    const at = (template: string) => ({ messaging_destination_template: template, messaging_system: 'nats' });
    expect(sumOf(training, 'messaging_client_operation_duration_count', at(requested))).toBe(EPOCHS);
    expect(sumOf(scoring, 'messaging_process_duration_count', at(requested))).toBe(EPOCHS);
    expect(sumOf(scoring, 'messaging_client_operation_duration_count', at(answered))).toBe(EPOCHS);
    expect(sumOf(training, 'messaging_process_duration_count', at(answered))).toBe(EPOCHS);
  });

  test('memory is that of processes with tensors', async () => {
    for (const samples of [training, scoring]) {
      expect(sumOf(samples, 'winnow_process_memory')).toBeGreaterThan(LEAST_MEMORY_BYTES);
      expect(sumOf(samples, 'winnow_process_memory')).toBeLessThan(MOST_MEMORY_BYTES);
    }
    const images = 50 * 28 * 28 * Float32Array.BYTES_PER_ELEMENT;
    // between two selections nothing is left behind
    expect(sumOf(scoring, 'winnow_tensor_memory')).toBeLessThan(images);
    expect(sumOf(underWay, 'winnow_tensor_memory')).toBeGreaterThan(0);
    // the thread ends with its run
    await vi.waitFor(
      async () => expect(samplesOf(await scrape(ports.training), 'winnow_tensor_memory')).toEqual([]),
      5000,
    );
  });

  test('the record gives curves that TensorBoard reads', async () => {
    const line = ['run', 'export', run.id, '--tensorboard', temporaryFolder(), '--json'];
    const { code, out } = await runAgainst((await stack.training()).address, line);
    expect(code).toBe(0);
    const { scalars } = readEventFile(readFileSync(JSON.parse(out).tensorboard));
    const curve = (tag: string) =>
      scalars.filter((scalar) => scalar.tag === tag).map(({ step, value }) => [step, value]);
    expect(curve('train/loss')).toEqual(run.history.map(({ epoch, loss }) => [epoch + 1, Math.fround(loss)]));
    expect(curve('train/kept_share')).toEqual(run.history.map(({ epoch }) => [epoch + 1, FRACTION]));
    expect(curve('selection/residual')).toHaveLength(EPOCHS);
    expect(curve('result/robust_accuracy')).toEqual([[EPOCHS, Math.fround(run.result!.robustAccuracy)]]);
    const [first] = scalars;
    expect(Math.abs(first.wallTime * 1000 - Date.now())).toBeLessThan(600_000);
  });

  test('calls are counted by method and status', () => {
    const created = { rpc_method: 'winnow.v1.TrainingService/CreateRun', rpc_response_status_code: 'OK' };
    expect(sumOf(training, 'rpc_server_call_duration_count', created)).toBe(1);
  });
});
