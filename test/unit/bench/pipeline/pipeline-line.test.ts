import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { RunSchema } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import { readIndexSet } from '../../../../services/index-set/check-index-set.ts';
import { percentile } from '../../../bench/pipeline/percentile.ts';
import { overheadLine, publishLine } from '../../../bench/pipeline/pipeline-line.ts';
import { uniformSet } from '../../../bench/pipeline/uniform-set.ts';

describe('percentile', () => {
  it('is the nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([50, 99, 100]);
    expect(percentile([7], 0.5)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });
});

describe('publishLine', () => {
  it('counts bytes for each example kept', () => {
    const rounds = [
      { ms: 3, bytes: 1200 },
      { ms: 1, bytes: 1000 },
      { ms: 2, bytes: 1100 },
    ];
    expect(publishLine({ examples: 5000, kept: 1000 }, rounds)).toEqual({
      bench: 'pipeline',
      what: 'publish',
      examples: 5000,
      kept: 1000,
      rounds: 3,
      p50Ms: 2,
      p99Ms: 3,
      bytesPerKept: 1.1,
    });
  });
});

describe('overheadLine', () => {
  it('sets the ledger against the clock, without evaluation', () => {
    const run = create(RunSchema, {
      spec: {
        epochs: 20,
        objective: { attack: { steps: 10 } },
        selection: { scorer: 'adv-grad-match', fraction: 0.3, everyEpochs: 10, attack: { steps: 2 } },
      },
      dataset: { trainExamples: 4000 },
      device: 'cpu',
      cost: { seconds: { attack: 70, update: 20, scoring: 8, evaluation: 10, total: 99 } },
      startedAt: timestampFromMs(1_000),
      endedAt: timestampFromMs(111_000),
    });
    expect(overheadLine(run)).toMatchObject({
      examples: 4000,
      epochs: 20,
      everyEpochs: 10,
      attackSteps: 10,
      scoringSteps: 2,
      wallSeconds: 100,
      attackShare: 0.7,
      updateShare: 0.2,
      scoringShare: 0.08,
      outsideShare: 0.02,
      outsideWithScoringShare: 0.1,
      device: 'cpu',
      scoringOverlaps: false,
    });
  });
});

describe('uniformSet', () => {
  it('keeps so many of the examples, all over them, with uniform weights', () => {
    const shape = { runId: 'run', round: 3, examples: 1000, kept: 300 };
    const { indices, weights } = readIndexSet(uniformSet(shape));
    expect(indices).toHaveLength(300);
    expect(weights).toBeUndefined();
    expect(indices.filter((index) => index >= 500).length).toBeGreaterThan(100);
    expect(readIndexSet(uniformSet({ ...shape, round: 4 })).indices).not.toEqual(indices);
    expect(readIndexSet(uniformSet({ ...shape, kept: 1000 })).indices).toHaveLength(1000);
  });
});
