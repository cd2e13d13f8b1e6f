import type { Config } from 'vega-lite';
import type { Panel, PanelRow } from '../panels.ts';

/** The colour scale of a panel's rows by `series`, so that a row keeps its colour in every plot. */
export function seriesScale(rows: readonly PanelRow[]): { domain: string[]; range: string[] } {
  const colours = new Map(rows.map(({ series, colour }) => [series, colour]));
  return { domain: [...colours.keys()], range: [...colours.values()] };
}

/** How training attacked, for plots that tell it by the dash of a line. */
export function attackOf({ row }: PanelRow): string {
  return row.bullet ? 'Bullet-Train' : 'every example in full';
}

const DASHES: Readonly<Record<string, number[]>> = { 'every example in full': [1, 0], 'Bullet-Train': [5, 3] };

/** The dash of a line by `attack`; without a legend where all rows were attacked alike. */
export function attackDash(rows: readonly PanelRow[]) {
  const domain = Object.keys(DASHES).filter((attack) => rows.some((row) => attackOf(row) === attack));
  const legend = { symbolType: 'stroke', symbolSize: 300, columns: 2 };
  return {
    field: 'attack',
    type: 'nominal' as const,
    title: 'training attack',
    legend: domain.length > 1 ? legend : null,
    scale: { domain, range: domain.map((attack) => DASHES[attack]!) },
  };
}

/**
 * Legends below each other: side by side, two of them are wider than the plot. vega-lite hands the layout on to vega, but
 * its types leave it out.
 */
export const STACKED_LEGENDS: Config = {
  legend: { layout: { top: { direction: 'vertical', anchor: 'start', margin: 6 } } } as Config['legend'] & object,
};

/** Name and description of a panel's plot. */
export function named(panel: Panel, kind: string, description: string): { name: string; description: string } {
  return { name: `${kind}-${panel.fileStem}`, description: `${panel.title}. ${description}` };
}
