import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { CostSchema } from '../../../proto/gen/winnow/v1/cost_pb.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { RunSchema, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import { settingsThatDiffer } from '../../../services/report/settings-that-differ.ts';
import { summarise, summarySchema } from '../../../services/report/summary.ts';
import { fullAndPruned, runRecord } from './sample-runs.ts';

describe('summarise', () => {
  it('gives the documented JSON, every field of which the schema knows', () => {
    const summary = summarise(fullAndPruned());
    const json = JSON.parse(JSON.stringify(summary));
    expect(summarySchema.parse(json)).toEqual(json);
    expect(json.runs[0]).toMatchObject({
      name: 'full',
      dataset: 'mnist',
      objective: 'trades',
      scorer: 'full',
      fraction: 1,
      epochs: 10,
      seed: 7,
      precision: 'f32',
      clean: 0.982,
      robust: { attack: 'PGD-10', epsilon: 0.3, accuracy: 0.903 },
      seconds: { attack: 304.4, update: 103.7, scoring: 0, waiting: 0, publishing: 0, total: 408.1, evaluation: 26.1 },
      passes: { forward: 840_000, backward: 720_000 },
      indexSets: [],
      keptShare: 1,
      examplesTrained: 120_000,
    });
    expect(json.runs[1]).toMatchObject({
      scorer: 'adv-grad-match',
      fraction: 0.3,
      keptShare: 0.3,
      examplesTrained: 52_800,
    });
    expect(json.runs[1].indexSets[1]).toEqual({
      round: 1,
      fromEpoch: 5,
      kept: 3600,
      residual: 0.064,
      effectiveSampleSize: 2205.8,
      overlap: 0.412,
      file: 'index-sets/adv-grad-match-30-round-1.json',
      scorerVersion: '1',
    });
    expect(json.runs[1].indexSets[0].overlap).toBeNull();
  });

  it('has the best model on held-out examples where a run has one, and what of it was measured', () => {
    const result = { cleanAccuracy: 0.975, robustAccuracy: Number.NaN };
    const records = [{ epoch: 6, result }, { epoch: 6 }, undefined].map((best) => runRecord({ best }));
    const summary = summarise(records);
    expect(summary.runs.map(({ best }) => best)).toEqual([
      { epoch: 6, clean: 0.975, robust: null },
      { epoch: 6, clean: null, robust: null },
      null,
    ]);
    expect(summarySchema.safeParse(summary).success).toBe(true);
  });

  it('tells how many examples were held out, and that runs differ in it', () => {
    const dataset = { fingerprint: 'f1', trainExamples: 100, validationExamples: 20, testExamples: 30 };
    const { runs } = summarise([runRecord({ dataset }), runRecord({ dataset: { ...dataset, validationExamples: 0 } })]);
    expect(runs.map(({ validationExamples }) => validationExamples)).toEqual([20, 0]);
    expect(settingsThatDiffer(runs[0]!, runs[1]!)).toEqual(['held-out examples']);
  });

  it('divides the full run by the last pruned one', () => {
    const summary = summarise([...fullAndPruned(), runRecord({ name: 'later full' })]);
    expect(summary.baseline).toBe('full');
    expect(summary.compared).toBe('adv-grad-match 30%');
    expect(summary.speedup.seconds).toBeCloseTo(408.1 / 193.5, 12);
    expect(summary.speedup.passes).toBeCloseTo(1_560_000 / 756_600, 12);
    expect(summary.runs[1]!.speedup).toEqual(summary.speedup);
    expect(summary.runs[0]!.speedup).toEqual({ seconds: null, passes: null });
    expect(summary.runs[2]!.speedup).toEqual({ seconds: 1, passes: 1 });
  });

  it('takes the full run as baseline wherever it stands, else the first run', () => {
    const random = runRecord({ pruned: true, name: 'random' });
    expect(summarise([random, runRecord()]).baseline).toBe('full');
    const twoPruned = summarise([random, runRecord({ pruned: true })]);
    expect([twoPruned.baseline, twoPruned.compared]).toEqual(['random', 'adv-grad-match 30%']);
  });

  it('takes a baseline by name or id and refuses an unknown one by field', () => {
    const records = fullAndPruned();
    expect(summarise(records, { baseline: 'full' }).baseline).toBe('full');
    const byId = summarise(records, { baseline: 'run-2' });
    expect([byId.baseline, byId.compared]).toEqual(['adv-grad-match 30%', null]);
    expect(byId.speedup).toEqual({ seconds: null, passes: null });
    const unknown = () => summarise(records, { baseline: 'fulll' });
    expect(unknown).toThrow(AppError);
    expect(unknown).toThrow(/baseline: .*full, adv-grad-match 30%/);
  });

  it('writes seeds above 2^53 as text', () => {
    const seeds = [2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n].map((seed) => {
      const record = runRecord();
      record.run.spec!.seed = seed;
      return summarise([record]).runs[0]!.seed;
    });
    expect(seeds).toEqual([9007199254740992, '9007199254740993', '18446744073709551615']);
  });

  it('compares nothing with a run that failed, and says why it did', () => {
    const failed = runRecord({
      pruned: true,
      state: RunState.FAILED,
      failure: { reason: ErrorReason.DIVERGED, message: 'loss is NaN in epoch 4' },
      result: undefined,
      epochsDone: 4,
    });
    const summary = summarise([runRecord(), failed]);
    expect(summary.speedup).toEqual({ seconds: null, passes: null });
    const run = summary.runs[1]!;
    expect(run).toMatchObject({ state: 'failed', clean: null, epochsDone: 4, failure: { reason: 'diverged' } });
    expect(run.robust).toMatchObject({ attack: 'PGD-10', epsilon: 0.3, accuracy: null, examples: null });
    expect(summarySchema.safeParse(summary).success).toBe(true);
  });

  it('has no ratio for zero seconds and no number that is not finite', () => {
    const instant = runRecord({
      pruned: true,
      cost: {
        seconds: { total: 0, attack: Number.NaN, update: Number.POSITIVE_INFINITY },
        passes: { forward: 0n, backward: 0n },
      },
      result: { cleanAccuracy: Number.NaN, robustAccuracy: Number.NaN },
    });
    const summary = summarise([runRecord(), instant]);
    expect(summary.speedup).toEqual({ seconds: null, passes: null });
    expect(summary.runs[1]!.seconds).toMatchObject({ total: 0, attack: null, update: null });
    expect(summary.runs[1]!.clean).toBeNull();
    expect(summarySchema.safeParse(summary).success).toBe(true);
  });

  it('takes one run, an empty run and none', () => {
    const alone = summarise([runRecord()]);
    expect([alone.baseline, alone.compared, alone.speedup.seconds]).toEqual(['full', null, null]);
    const empty = summarise([{ run: create(RunSchema), indexSets: [] }]);
    expect(empty.runs[0]).toMatchObject({
      label: 'run 1',
      state: 'unspecified',
      seconds: { total: null },
      clean: null,
    });
    expect(summarySchema.safeParse(empty).success).toBe(true);
    expect(summarySchema.parse(summarise([])).runs).toEqual([]);
  });

  it('lists rounds whose set is missing without a file, and sets never applied without an epoch', () => {
    const { run, indexSets } = runRecord({ pruned: true });
    run.rounds = run.rounds.slice(0, 2);
    const sets = summarise([{ run, indexSets: indexSets.slice(1) }]).runs[0]!.indexSets;
    expect(sets.map(({ round, fromEpoch, file, kept }) => [round, fromEpoch, file, kept])).toEqual([
      [0, 2, null, 3600],
      [1, 5, 'index-sets/adv-grad-match-30-round-1.json', 3600],
      [2, null, 'index-sets/adv-grad-match-30-round-2.json', 3600],
    ]);
  });

  it('knows no kept share for a pruned run that never selected, and no cost that was not reported', () => {
    const waiting = runRecord({ pruned: true, rounds: [], cost: create(CostSchema) });
    const summary = summarise([runRecord(), { ...waiting, indexSets: [] }]);
    expect(summary.runs[1]).toMatchObject({ keptShare: null, seconds: { total: null }, passes: { forward: null } });
    expect(summary.speedup).toEqual({ seconds: null, passes: null });
  });
});
