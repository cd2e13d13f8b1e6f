import { escapeHtml, type Html, trusted } from './html.ts';
import type { Plot } from './plots/plot.ts';
import { COLOURS } from './plots/theme.ts';

const NAMES = new Map<string, string>(Object.entries(COLOURS).map(([name, colour]) => [colour, name]));

/** A plot as SVG inside a page: named for readers who can't see it, in the page's colours. */
export function inlineSvg({ title, description, svg }: Plot): Html {
  const label = `role="img" aria-label="${escapeHtml(`${title}. ${description}`)}"`;
  const markup = svg
    .replace(/^[\s\S]*?<svg\b/, `<svg ${label}`)
    .replace(/\b(fill|stroke)="(#[0-9a-f]{6})"/gi, (attribute, kind: string, colour: string) => {
      const variable = NAMES.get(colour.toLowerCase());
      return variable === undefined ? attribute : `${kind}="var(--${variable})"`;
    });
  return trusted(markup);
}
