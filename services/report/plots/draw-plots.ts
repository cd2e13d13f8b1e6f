import { parse, View, Warn } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { RunRecord } from '../run-summary.ts';
import type { Summary } from '../summary-schema.ts';
import { costByPhasePlot } from './cost-by-phase.ts';
import { keptPerClassPlot } from './kept-per-class.ts';
import { type Plot, type PlotSpec, pairRuns } from './plot.ts';
import { rasterise } from './rasterise.ts';
import { robustAccuracyPlot } from './robust-accuracy.ts';
import { selectionQualityPlot } from './selection-quality.ts';
import { THEME } from './theme.ts';
import { trainingLossPlot } from './training-loss.ts';

/** Draws the plots of a report; those without data are left out. `records` are those that `summary` was made from. */
export async function drawPlots(summary: Summary, records: readonly RunRecord[]): Promise<Plot[]> {
  const runs = pairRuns(summary, records);
  const specs = [
    robustAccuracyPlot(runs),
    trainingLossPlot(runs),
    costByPhasePlot(runs),
    ...runs.map(keptPerClassPlot),
    selectionQualityPlot(runs),
  ].filter((plot) => plot !== null);
  return Promise.all(specs.map(drawPlot));
}

/** Draws one plot as SVG, and as PNG where the machine has fonts. */
export async function drawPlot({ spec, ...plot }: PlotSpec): Promise<Plot> {
  const svg = withOwnIds(await drawSvg(spec), plot.name);
  return { ...plot, svg, png: rasterise(svg) };
}

/** Vega numbers gradients and clips over all that a process draws; counted by plot, a plot is the same each time, and unlike any other. */
function withOwnIds(svg: string, name: string): string {
  const ids = new Map<string, string>();
  for (const [, id] of svg.matchAll(/\sid="([\w-]+)"/g)) ids.set(id!, `${name}-${ids.size}`);
  return svg
    .replace(/\sid="([\w-]+)"/g, (_, id: string) => ` id="${ids.get(id)}"`)
    .replace(/url\(#([\w-]+)\)/g, (_, id: string) => `url(#${ids.get(id) ?? id})`);
}

/** Draws a vega-lite specification as an SVG document, without a canvas. */
async function drawSvg(spec: TopLevelSpec): Promise<string> {
  const compiled = compile(spec, { config: THEME }).spec;
  const view = new View(parse(compiled), { renderer: 'none', logLevel: Warn });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
