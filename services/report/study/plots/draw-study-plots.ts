import { drawPlot } from '../../plots/draw-plots.ts';
import type { Plot } from '../../plots/plot.ts';
import type { Panel } from '../panels.ts';
import { attackGroupsPlot } from './attack-groups.ts';
import { keptSharePlot } from './kept-share.ts';
import { learningCurvesPlot } from './learning-curves.ts';
import { overlapPlot } from './overlap.ts';
import { timeRobustPlot } from './time-robust.ts';

/** A panel's plots, in the order they are shown; those without data are left out. */
export async function drawPanelPlots(panel: Panel): Promise<Plot[]> {
  const specs = [timeRobustPlot, learningCurvesPlot, keptSharePlot, overlapPlot, attackGroupsPlot]
    .map((plot) => plot(panel))
    .filter((plot) => plot !== null);
  return Promise.all(specs.map(drawPlot));
}
