import { type Html, type HtmlValue, html, trusted } from './html.ts';
import { inlineSvg } from './inline-svg.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { Plot } from './plots/plot.ts';

/** Nothing but this file is loaded, even if a name should slip through as markup. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** What a page consists of. */
export interface PageContent {
  title: string;
  /** One line below the title. */
  about: string;
  /** The result in sentences, the first of which stands out. */
  result: readonly string[];
  sections: HtmlValue;
}

/** A page as one HTML file without scripts and without anything to load. */
export function pageDocument({ title, about, result, sections }: PageContent): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trusted(PAGE_STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="about">${about}</p>
</header>
<main>
<div class="result">${result.map((sentence) => html`<p>${sentence}</p>`)}</div>
${sections}
</main>
</body>
</html>
`.markup;
}

/** A section with its heading; null where none of its parts is there. */
export function section(title: string, parts: readonly (Html | null)[]): Html | null {
  const present = parts.filter((part) => part !== null);
  return present.length === 0 ? null : html`<h2>${title}</h2>${present}`;
}

/** Plots side by side, as many as fit. */
export function plotFigures(plots: readonly Plot[]): Html {
  return html`<div class="plots">${plots.map(figure)}</div>`;
}

function figure(plot: Plot): Html {
  return html`<figure><figcaption><strong>${plot.title}</strong> ${plot.caption}</figcaption>
${inlineSvg(plot)}</figure>
`;
}
