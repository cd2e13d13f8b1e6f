import { create } from '@bufbuild/protobuf';
import { EvaluationSchema, Split } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import type { Cell } from '../../../../services/report/study/cell.ts';
import { makeCell, strongEvaluation } from '../../../../services/report/study/make-cell.ts';
import { FULL, type RowKey, rowName } from '../../../../services/report/study/row-key.ts';
import { runRecord } from '../sample-runs.ts';

const PGD_50_10 = { epsilon: 8 / 255, stepSize: 2 / 255, steps: 50, restarts: 10 };
const EPOCHS = 40;
const FULL_SECONDS = 1200;
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** Points in [0,1] that a scorer loses to full data. */
const LOSS: Readonly<Record<string, number>> = {
  full: 0,
  random: 0.031,
  'adv-grad-match': 0.004,
  'adv-glister': 0.014,
};

export interface CellChanges extends Partial<RowKey> {
  seed?: number;
  /** PGD accuracy of the best model, in [0,1]; made up from the rest where not given. */
  pgd?: number;
  seconds?: number;
  autoAttack?: boolean;
  last?: boolean;
  warnings?: string[];
}

/** A finished cell of a made-up study on CIFAR-10 with held-out examples, like what a run gives. */
export function sampleCell(changes: CellChanges = {}): Cell {
  const row: RowKey = {
    dataset: 'cifar10',
    objective: 'trades',
    scorer: FULL,
    fraction: 1,
    bullet: false,
    epochsShare: 1,
    ...rowChanges(changes),
  };
  const seed = changes.seed ?? 1;
  const pgd = changes.pgd ?? madeUpAccuracy(row, seed);
  const seconds = changes.seconds ?? madeUpSeconds(row, seed);
  const cell = makeCell(row, record(row, seed, pgd, seconds), { winnow: '0.1.0', node: 'v20.0.0' });
  const evaluation = (accuracy: number, autoAttack: boolean) =>
    create(EvaluationSchema, {
      cleanAccuracy: accuracy + 0.29,
      robustAccuracy: accuracy,
      attack: PGD_50_10,
      examples: 1000,
      seconds: 40,
      warnings: changes.warnings ?? [],
      ...(autoAttack && {
        autoAttack: { epsilon: PGD_50_10.epsilon, examples: 250, robustAccuracy: accuracy - 0.02, seconds: 90 },
      }),
    });
  return {
    ...cell,
    machine: { cpu: 'Some CPU', cores: '2', memory: '24 GiB' },
    evaluations: [
      strongEvaluation('best', EPOCHS - 5, evaluation(pgd, changes.autoAttack ?? seed === 1)),
      ...(changes.last === false ? [] : [strongEvaluation('last', EPOCHS - 1, evaluation(pgd - 0.012, false))]),
    ],
  };
}

function rowChanges({ seed: _s, pgd: _p, seconds: _t, autoAttack: _a, last: _l, warnings: _w, ...row }: CellChanges) {
  return row;
}

function madeUpAccuracy({ scorer, bullet, epochsShare, objective }: RowKey, seed: number): number {
  const base = { trades: 0.446, mart: 0.461, at: 0.432 }[objective] ?? 0.4;
  const noise = (((seed * 7 + scorer.length * 5 + objective.length) % 9) - 4) / 1500;
  return base - (LOSS[scorer] ?? 0.02) - (bullet ? 0.006 : 0) - (epochsShare < 1 ? 0.024 : 0) + noise;
}

function madeUpSeconds({ scorer, fraction, bullet, epochsShare }: RowKey, seed: number): number {
  const scoring = scorer === FULL || scorer === 'random' ? 0 : 0.09;
  const attacked = bullet ? 0.62 : 1;
  return FULL_SECONDS * (fraction * epochsShare * attacked + scoring) * (1 + seed / 90);
}

function record(row: RowKey, seed: number, pgd: number, seconds: number) {
  const pruned = row.fraction < 1;
  const base = runRecord({ pruned, name: rowName(row) });
  const epochs = Math.round(EPOCHS * row.epochsShare);
  const { run, indexSets } = base;
  run.spec!.seed = BigInt(seed);
  run.spec!.epochs = epochs;
  run.spec!.dataset!.name = row.dataset;
  if (run.spec!.selection) run.spec!.selection.scorer = row.scorer;
  run.dataset!.classNames = CLASSES;
  run.cost!.seconds!.total = seconds;
  const share = seconds / FULL_SECONDS;
  run.cost!.passes!.forward = BigInt(Math.round(840_000 * share));
  run.cost!.passes!.backward = BigInt(Math.round(720_000 * share));
  run.history = Array.from({ length: epochs }, (_, epoch) => ({
    ...base.run.history[0]!,
    epoch,
    seconds: (seconds * (epoch + 1)) / epochs,
    attackGroups: row.bullet ? groups(epoch) : {},
    evaluation:
      epoch % 2 === 1 || epoch === epochs - 1
        ? create(EvaluationSchema, { ...progress(epoch, epochs, pgd, seed), split: Split.VALIDATION })
        : undefined,
  })) as typeof run.history;
  run.rounds = run.rounds.map((round) => ({
    ...round,
    quality: { ...round.quality!, ...(round.round > 0 && { overlap: overlap(row, round.round) }) },
  }));
  return { run, indexSets };
}

function progress(epoch: number, epochs: number, pgd: number, seed: number) {
  const learned = 1 - Math.exp((-5 * (epoch + 1)) / epochs);
  const robust = 0.1 + (pgd - 0.1) * learned + (((epoch * 13 + seed * 5) % 7) - 3) / 600;
  return { cleanAccuracy: robust + 0.25, robustAccuracy: robust, examples: 500 };
}

function groups(epoch: number) {
  const robust = Math.round(3600 * 0.45 * (1 - Math.exp(-epoch / 12)));
  const outlier = Math.round(1500 * Math.exp(-epoch / 9));
  return { outlier, robust, boundary: 3600 - outlier - robust };
}

function overlap({ scorer }: RowKey, round: number): number {
  return scorer === 'random' ? 0.17 + round / 200 : 0.42 + scorer.length / 60 + round / 40;
}

/** Rows of one objective: the controls and two scorers, without and with Bullet-Train, like a plan's. */
export function sampleCells(objective = 'trades', seeds: readonly number[] = [1, 2, 3], fraction = 0.3): Cell[] {
  const rows: Partial<RowKey>[] = [
    { scorer: FULL },
    { scorer: FULL, bullet: true },
    { scorer: FULL, epochsShare: fraction },
    ...['random', 'adv-grad-match', 'adv-glister'].flatMap((scorer) => [
      { scorer, fraction },
      { scorer, fraction, bullet: true },
    ]),
  ];
  return rows.flatMap((row) => seeds.map((seed) => sampleCell({ objective, seed, ...row })));
}
