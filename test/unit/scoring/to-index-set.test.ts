import { create } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { CostSchema } from '../../../proto/gen/winnow/v1/cost_pb.ts';
import { CheckpointRefSchema } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { SelectionSpecSchema, WeightMeaning } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { datasetInfo } from '../../../services/dataset/dataset-info.ts';
import { checkBelonging, readIndexSet } from '../../../services/index-set/check-index-set.ts';
import type { SelectResult } from '../../../services/scoring/score-messages.ts';
import { toIndexSet } from '../../../services/scoring/to-index-set.ts';
import { tinyDataset } from '../tiny-dataset.ts';
import { tinyTarget } from './targets.ts';

const dataset = tinyDataset();
const { checkpoint: _, ...target } = tinyTarget();
const selection = create(SelectionSpecSchema, { scorer: 'adv-grad-match', fraction: 0.25 });
const purpose = { runId: 'run-1', round: 4 };
const result: SelectResult = {
  indices: Uint32Array.of(2, 3, 40),
  weights: Float32Array.of(0.5, 1, 2),
  scorerVersion: '7',
  quality: { residual: 0.25, effectiveSampleSize: 2.5, overlap: 0.125, keptPerClass: [1, 1, 1] },
  dataset: datasetInfo(dataset),
  cost: create(CostSchema, { seconds: { attack: 1, total: 2 } }),
};

describe('toIndexSet', () => {
  test('says what was selected, and all that decided it', () => {
    const checkpoint = create(CheckpointRefSchema, { sha256: 'c0ffee' });
    const set = toIndexSet({ ...target, checkpoint }, selection, purpose, result);
    expect(set).toMatchObject({
      ...purpose,
      datasetFingerprint: dataset.fingerprint,
      datasetExamples: 48,
      checkpointSha256: 'c0ffee',
      scorer: 'adv-grad-match',
      scorerVersion: '7',
      seed: 9n,
      attack: target.attack,
      fraction: 0.25,
      weights: [0.5, 1, 2],
      weightMeaning: WeightMeaning.NORMALISED_SUM,
      quality: result.quality,
      cost: result.cost,
    });
    expect(Math.abs(timestampDate(set.createdAt!).getTime() - Date.now())).toBeLessThan(60_000);
  });

  test('is what a trainer reads back', () => {
    const set = toIndexSet(target, selection, purpose, result);
    const { indices, weights } = result;
    expect(readIndexSet(set)).toEqual({ indices, weights });
    const belonging = { ...purpose, datasetFingerprint: dataset.fingerprint, examples: 48 };
    expect(() => checkBelonging(set, belonging)).not.toThrow();
  });

  test('has no weights where all count the same, and no checkpoint where the model was drawn', () => {
    const { weights: _weights, quality, ...rest } = result;
    const plain = { effectiveSampleSize: 3, keptPerClass: quality.keptPerClass };
    const set = toIndexSet(target, selection, purpose, { ...rest, quality: plain });
    expect(set).toMatchObject({ weights: [], weightMeaning: WeightMeaning.UNIFORM, checkpointSha256: '' });
    expect(set.quality!.residual).toBeUndefined();
    expect(set.quality!.overlap).toBeUndefined();
    expect(readIndexSet(set)).toEqual({ indices: result.indices });
  });
});
