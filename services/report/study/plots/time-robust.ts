import { formatAccuracy, formatSeconds } from '../../format.ts';
import type { PlotSpec } from '../../plots/plot.ts';
import { COLOURS, PLOT_WIDTH } from '../../plots/theme.ts';
import type { Panel, PanelRow } from '../panels.ts';
import { isControl } from '../row-key.ts';
import type { Figure } from '../study-rows.ts';
import { named, STACKED_LEGENDS, seriesScale } from './panel-scales.ts';

/** A wider spread of accuracies than other plots have needs the height. */
const HEIGHT = 340;

/** Marks by kind of row, filled for PGD: round for scorers, angular for controls. */
const SHAPES = {
  scorer: 'circle',
  'scorer + Bullet-Train': 'triangle-up',
  control: 'square',
  'control + Bullet-Train': 'diamond',
} as const;

/** Robust accuracy against training seconds, one point per row: further up and further left is better. */
export function timeRobustPlot(panel: Panel): PlotSpec | null {
  const points = panel.rows.flatMap(pointsOf);
  if (points.length === 0) return null;
  const rows = panel.rows.filter(({ series }) => points.some((point) => point.series === series));
  return {
    ...named(
      panel,
      'time-robust',
      `Scatter plot of accuracy under PGD against training seconds, one point per row. ${panel.rows.map(describe).join(' ')}`,
    ),
    title: 'Time against robust accuracy',
    caption: captionOf(panel, points),
    spec: {
      config: STACKED_LEGENDS,
      width: PLOT_WIDTH,
      height: HEIGHT,
      data: { values: points },
      encoding: {
        x: {
          field: 'seconds',
          type: 'quantitative',
          title: 'training time, scoring included (s)',
          scale: { zero: true, nice: true },
        },
        y: { field: 'accuracy', type: 'quantitative', title: 'robust accuracy', ...ACCURACY },
        color: {
          field: 'series',
          type: 'nominal',
          title: 'trained on',
          scale: seriesScale(rows),
          legend: { symbolType: 'circle', symbolSize: 110 },
        },
      },
      layer: [...baselineLine(panel), ...errorBars(points), ...marks(points)],
    },
  };
}

/** Bars of one standard deviation to either side; those of time once per row, at its PGD mark. */
function errorBars(points: readonly Point[]) {
  if (points.every(({ low, high }) => low === high)) return [];
  const mark = { type: 'rule' as const, strokeWidth: 1.5 };
  const accuracy = { y: { field: 'low', type: 'quantitative' as const, ...ACCURACY }, y2: { field: 'high' } };
  const time = { x: { field: 'early', type: 'quantitative' as const }, x2: { field: 'late' } };
  return [
    { mark, encoding: accuracy },
    { transform: [PGD], mark, encoding: time },
  ];
}

function marks(points: readonly Point[]) {
  const encoding = { shape: shapes(points) };
  const mark = { type: 'point' as const, opacity: 1 };
  const hollow = { ...mark, filled: false, size: 90, strokeWidth: 2 };
  return [
    { transform: [PGD], mark: { ...mark, filled: true, size: 110 }, encoding },
    ...(hasAutoAttack(points) ? [{ transform: [AUTO_ATTACK], mark: hollow, encoding }] : []),
  ];
}

const hasAutoAttack = (points: readonly Point[]) => points.some(({ measure }) => measure === 'AutoAttack');

const PGD = { filter: { field: 'measure', equal: 'PGD' } };
const AUTO_ATTACK = { filter: { field: 'measure', equal: 'AutoAttack' } };

const ACCURACY = { scale: { zero: false, nice: true }, axis: { format: '.1~%' } } as const;

interface Point {
  series: string;
  kind: keyof typeof SHAPES;
  measure: 'PGD' | 'AutoAttack';
  accuracy: number;
  low: number;
  high: number;
  seconds: number;
  early: number;
  late: number;
}

function pointsOf({ row, series }: PanelRow): Point[] {
  const { mean: seconds } = row.seconds;
  if (seconds === null) return [];
  const [early, late] = ends(row.seconds);
  return (['PGD', 'AutoAttack'] as const).flatMap((measure) => {
    const figure = measure === 'PGD' ? row.pgd : row.autoAttack;
    if (figure.mean === null) return [];
    const [low, high] = ends(figure);
    return [{ series, kind: kindOf(row), measure, accuracy: figure.mean, low, high, seconds, early, late }];
  });
}

/** Mean less and plus the spread; the mean twice without one. */
function ends({ mean, spread }: Figure): [number, number] {
  return [mean! - (spread ?? 0), mean! + (spread ?? 0)];
}

function kindOf(row: PanelRow['row']): Point['kind'] {
  if (isControl(row)) return row.bullet ? 'control + Bullet-Train' : 'control';
  return row.bullet ? 'scorer + Bullet-Train' : 'scorer';
}

function shapes(points: readonly Point[]) {
  const domain = (Object.keys(SHAPES) as Point['kind'][]).filter((kind) => points.some((point) => point.kind === kind));
  return {
    field: 'kind',
    type: 'nominal' as const,
    title: 'row',
    scale: { domain, range: domain.map((kind) => SHAPES[kind]) },
    legend: { columns: 2, symbolSize: 90, symbolFillColor: COLOURS.muted, symbolStrokeColor: COLOURS.muted },
  };
}

function baselineLine({ baseline }: Panel) {
  const mean = baseline?.row.pgd.mean ?? null;
  if (mean === null) return [];
  return [
    {
      mark: { type: 'rule' as const, strokeDash: [2, 3], strokeWidth: 1, color: COLOURS.muted },
      encoding: { x: { value: 0 }, x2: { value: PLOT_WIDTH }, y: { datum: mean }, color: { value: COLOURS.muted } },
    },
  ];
}

function captionOf({ baseline }: Panel, points: readonly Point[]): string {
  const marks = hasAutoAttack(points)
    ? ['Filled: PGD. Hollow: AutoAttack, on fewer examples where so asked for.']
    : ['Accuracy under PGD.'];
  if (points.some(({ low, high }) => high > low)) marks.push('Bars: standard deviation over seeds.');
  if (baseline?.row.pgd.mean != null) marks.push('Dotted: full data under PGD.');
  return `${marks.join(' ')} Up and to the left is better.`;
}

function describe({ label, row }: PanelRow): string {
  const { pgd, autoAttack, seconds } = row;
  const strong = autoAttack.mean === null ? '' : `, AutoAttack ${formatAccuracy(autoAttack.mean)}`;
  return `${label}: PGD ${formatAccuracy(pgd.mean)}${strong} after ${formatSeconds(seconds.mean)}.`;
}
