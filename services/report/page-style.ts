import { COLOURS } from './plots/theme.ts';

// Plots are drawn on white; in the dark their colours are swapped for these, each at least 4.5:1 on the dark paper.
const DARK: Readonly<Record<keyof typeof COLOURS, string>> = {
  ink: '#e6e9ed',
  muted: '#a3acb8',
  grid: '#343b45',
  paper: '#171a1f',
  'series-1': '#62b5f5',
  'series-2': '#ff9d5c',
  'series-3': '#4fd0a5',
  'series-4': '#e59bd2',
  'series-5': '#dbc14d',
  'series-6': '#b2b9c3',
  'series-7': '#b7a3ff',
  'series-8': '#d79a7c',
};

const LIGHT_PAGE = `${variables(COLOURS)} --link: #0a5a9c; --shade: #f4f6f8; color-scheme: light;`;
const DARK_PAGE = `${variables(DARK)} --link: #7cc0ff; --shade: #20252c; color-scheme: dark;`;

/** The page's style sheet: light and dark after the reader's system, always light on paper. */
export const PAGE_STYLE = `
:root { ${LIGHT_PAGE} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK_PAGE} } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
a { color: var(--link); }
p, ul { max-width: 44rem; }
.about, figcaption, caption { color: var(--muted); }
.result { border-left: 4px solid var(--series-1); padding: .1rem 1rem; background: var(--shade); }
.result p:first-child { font-size: 1.1rem; font-weight: 600; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--link); }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 0 0 .5rem; }
th, td { padding: .2rem .75rem; text-align: right; vertical-align: top; }
thead tr { border-bottom: 2px solid var(--muted); }
thead th { vertical-align: bottom; }
th:first-child { text-align: left; padding-left: 0; }
tbody th { font-weight: normal; }
th.group { font-weight: 600; padding-top: .75rem; }
tbody tr { border-bottom: 1px solid var(--grid); }
.numbers td { white-space: nowrap; }
/* More columns than others, of short figures. */
.wide { font-size: .8rem; } .whole { white-space: nowrap; } .wide :is(th, td) { padding: .2rem .3rem; } .wide th:first-child { min-width: 10rem; padding-left: 0; }
.settings td { text-align: left; min-width: 12rem; max-width: 22rem; }
.settings thead th { text-align: left; }
.by-row td { min-width: 8rem; } .by-row th:first-child { min-width: 16rem; }
code { font-size: .85em; overflow-wrap: anywhere; }
.plots { display: flex; flex-wrap: wrap; gap: 1.5rem 2rem; }
figure { margin: 0; break-inside: avoid; }
.plots figure { max-width: 100%; min-width: min(20rem, 100%); }
/* As wide as the plot, not as its own text. */
.plots figcaption { width: 0; min-width: 100%; margin-bottom: .5rem; }
figcaption strong { color: var(--ink); display: block; }
figure svg { max-width: 100%; height: auto; display: block; }
figure svg text { font-family: system-ui, sans-serif; }
.pictures { display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; margin: 0; max-width: none; list-style: none; }
.pictures figure { width: 6rem; }
.pictures figcaption { font-size: .8rem; line-height: 1.3; margin: .25rem 0 0; }
.pictures img { width: 6rem; height: 6rem; object-fit: contain; image-rendering: pixelated; background: var(--shade); display: block; }
summary { cursor: pointer; }
@media print {
  body { padding: 0; max-width: none; font-size: 10pt; }
  table { font-size: 8.5pt; } th, td { padding: .1rem .4rem; } .settings td { min-width: 0; }
  .scroll { overflow: visible; } tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
}
`;

function variables(colours: Readonly<Record<string, string>>): string {
  return Object.entries(colours)
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(' ');
}
