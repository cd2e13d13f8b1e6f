import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { decodeIndices } from '../../clients/node/index-set.ts';
import { ObjectiveKind } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { SelectionSpecSchema } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { measureTarget } from '../../services/scoring/measure-target.ts';
import { selectSubset } from '../../services/scoring/score-dataset.ts';
import { selectors } from '../../services/selection/registry.ts';
import { resolveSelection } from '../../services/spec/selection.ts';
import { directContext } from '../unit/direct-context.ts';
import { batchesOf, setOf, signalsServer } from '../unit/scoring/signals-server.ts';
import { tinyTarget } from '../unit/scoring/targets.ts';
import { tinyDataset } from '../unit/tiny-dataset.ts';

const EXAMPLES = 60;
const dataset = tinyDataset({ train: EXAMPLES });
const objectives = [ObjectiveKind.AT, ObjectiveKind.TRADES, ObjectiveKind.MART];

describe.each([...selectors])('SelectFromSignals by %s', (scorer, selector) => {
  test.each(objectives)(
    'gives the set that SelectSubset gives for the same signals, under objective %i',
    async (kind) => {
      const target = tinyTarget(kind, { seed: 2n ** 63n + 5n });
      const selection = create(SelectionSpecSchema, { scorer, fraction: 0.3, classFloor: 0.5 });
      const resolved = resolveSelection(selection, 'selection');
      const expected = await selectSubset(dataset, { target, selection: resolved }, directContext());
      const { signals } = await measureTarget(dataset, target, selector, directContext());
      const { client } = await signalsServer();
      for (const size of [7, EXAMPLES]) {
        const { examples, classes, features } = signals;
        const setting = { examples, classes, features, objective: target.objective, selection, seed: target.seed };
        const set = await setOf(client.selectFromSignals(setting, batchesOf(signals, size)));
        const { indices, weights } = decodeIndices(set);
        expect(indices).toEqual(expected.indices);
        expect(weights).toEqual(expected.weights);
        const { keptPerClass, residual, effectiveSampleSize } = set.quality!;
        expect({ keptPerClass, residual, effectiveSampleSize }).toEqual({ residual: undefined, ...expected.quality });
        expect(set).toMatchObject({ scorer, scorerVersion: selector.version, datasetExamples: EXAMPLES, runId: '' });
      }
    },
  );
});
