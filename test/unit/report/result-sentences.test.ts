import { describe, expect, it } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { resultSentences } from '../../../services/report/result-sentences.ts';
import { summarise } from '../../../services/report/summary.ts';
import { fullAndPruned, PGD_10, runRecord } from './sample-runs.ts';

function prunedTo(robustAccuracy: number, cleanAccuracy = 0.982, examples = 2000) {
  return runRecord({
    pruned: true,
    result: { robustAccuracy, cleanAccuracy, examples, attack: PGD_10, attackName: 'PGD-10' },
  });
}

const sentences = (...records: Parameters<typeof summarise>[0]) => resultSentences(summarise(records));

describe('resultSentences', () => {
  it('says what was reached, at what cost, and what was lost', () => {
    expect(sentences(...fullAndPruned())).toEqual([
      'Pruned to 30 % with adv-grad-match: 2.1x faster (2.1x by passes), clean 97.1 % vs 98.2 %, PGD-10 (eps 0.3) robust 88.1 % vs 90.3 %.',
      'Robust accuracy is 2.2 points lower than on the baseline.',
      'Clean accuracy is 1.1 points lower than on the baseline.',
    ]);
  });

  it('remarks on more than half a point, not on half a point', () => {
    expect(sentences(runRecord(), prunedTo(0.898))).toHaveLength(1);
    expect(sentences(runRecord(), prunedTo(0.8975))[1]).toMatch(/^Robust accuracy is 0\.\d points lower/);
    expect(sentences(runRecord(), prunedTo(0.93))[1]).toBe(
      'Robust accuracy is 2.7 points higher than on the baseline.',
    );
  });

  it('says when a difference may be chance', () => {
    // 1.96 sqrt(0.903 * 0.097 / 2000 + 0.893 * 0.107 / 2000) = 1.9 points.
    expect(sentences(runRecord(), prunedTo(0.893))[1]).toBe(
      'Robust accuracy is 1.0 points lower than on the baseline, within the sampling error of 1.9 points.',
    );
  });

  it('calls a slower run slower and an equal one equal', () => {
    const costing = (total: number) =>
      runRecord({ pruned: true, cost: { seconds: { total }, passes: { forward: 840_000n, backward: 720_000n } } });
    expect(sentences(runRecord(), costing(816.2))[0]).toContain(': 2.0x slower (1.0x by passes), clean');
    expect(sentences(runRecord(), costing(400))[0]).toContain(': about as fast (1.0x by passes), clean');
  });

  it('warns of other differences between the runs', () => {
    const other = prunedTo(0.903);
    other.run.spec!.epochs = 30;
    other.run.spec!.seed = 8n;
    other.run.device = 'NVIDIA H100';
    expect(sentences(runRecord(), other).at(-1)).toBe(
      'The two runs differ in more than pruning: epochs, seed, device.',
    );
    const attack = { ...PGD_10, steps: 20 };
    const stronger = runRecord({
      pruned: true,
      result: { robustAccuracy: 0.903, cleanAccuracy: 0.982, attack, attackName: 'PGD-20', examples: 2000 },
    });
    const [result, ...rest] = sentences(runRecord(), stronger);
    expect(result).toContain('robust 90.3 % (PGD-20 (eps 0.3)) vs 90.3 % (PGD-10 (eps 0.3))');
    expect(rest).toEqual(['The two runs differ in more than pruning: evaluation.']);
  });

  it('tells of failures instead of comparing', () => {
    const failure = { reason: ErrorReason.DIVERGED, message: 'loss is\nNaN' };
    const failed = runRecord({ pruned: true, state: RunState.FAILED, epochsDone: 4, failure });
    expect(sentences(runRecord(), failed)).toEqual([
      'adv-grad-match 30% failed after 4 of 10 epochs (diverged): loss is NaN',
      'So there is nothing to compare.',
    ]);
  });

  it('describes a run on its own, and no run', () => {
    expect(sentences(runRecord())).toEqual([
      'full: clean 98.2 %, PGD-10 (eps 0.3) robust 90.3 % after 408 s.',
      'There is no pruned run to compare it with.',
    ]);
    expect(sentences()).toEqual(['There are no runs to report.']);
  });

  it('claims nothing where accuracy was not measured', () => {
    const unmeasured = runRecord({ pruned: true, result: undefined });
    const [result, ...rest] = sentences(runRecord(), unmeasured);
    expect(result).toContain('clean - vs 98.2 %');
    expect(rest).toContain('Robust accuracy was not measured for both runs.');
  });
});
