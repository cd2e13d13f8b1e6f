import type { Config } from 'vega-lite';

/** A colour of the plots and its name; each is at least 3:1 against white. A page swaps them by name in the dark. */
export const COLOURS = {
  ink: '#1f2328',
  muted: '#59616b',
  grid: '#e3e6ea',
  paper: '#ffffff',
  'series-1': '#0b62a8',
  'series-2': '#c2500a',
  'series-3': '#0a7d5c',
  'series-4': '#9a3f86',
  'series-5': '#806600',
  'series-6': '#68707a',
  'series-7': '#46268f',
  'series-8': '#7a2d14',
} as const;

/** Colours of runs and phases in order; told apart with any common colour blindness. */
export const SERIES = [
  COLOURS['series-1'],
  COLOURS['series-2'],
  COLOURS['series-3'],
  COLOURS['series-4'],
  COLOURS['series-5'],
  COLOURS['series-6'],
  COLOURS['series-7'],
  COLOURS['series-8'],
];

/** Width of a plot's drawing area in pixels; with axes and legend it fits a page of 46 rem. */
export const PLOT_WIDTH = 520;
export const PLOT_HEIGHT = 260;

/** The look that all plots share. */
export const THEME: Config = {
  background: COLOURS.paper,
  // In words, as the generic name alone means the first font found, maybe one with serifs, to the rasteriser.
  font: 'Arial, Helvetica, Liberation Sans, DejaVu Sans, Noto Sans, Segoe UI, sans-serif',
  padding: 8,
  // The whole plot is one image with one description; a role on every mark would be read out one by one.
  aria: false,
  view: { stroke: null },
  axis: {
    labelColor: COLOURS.muted,
    titleColor: COLOURS.ink,
    titleFontWeight: 'normal',
    labelFontSize: 12,
    titleFontSize: 12,
    gridColor: COLOURS.grid,
    domainColor: COLOURS.muted,
    tickColor: COLOURS.muted,
    titlePadding: 8,
  },
  legend: {
    orient: 'top',
    labelColor: COLOURS.ink,
    titleColor: COLOURS.muted,
    titleFontWeight: 'normal',
    labelFontSize: 12,
    titleFontSize: 12,
    labelLimit: 260,
    titleLimit: 260,
    symbolStrokeWidth: 2,
    columns: 3,
  },
  header: { labelColor: COLOURS.ink, titleColor: COLOURS.ink, labelFontSize: 12 },
  line: { strokeWidth: 2 },
};
