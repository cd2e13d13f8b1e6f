import { Resvg } from '@resvg/resvg-js';

/** Twice the size of the SVG, for screens with two dots per pixel. */
const ZOOM = 2;

const PROBE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="16" font-family="sans-serif">x</text></svg>';

/** Draws an SVG as PNG with the system's fonts; null where there are none, since its text would silently be missing. */
export function rasterise(svg: string): Uint8Array | null {
  if (new Resvg(PROBE).getBBox() === undefined) return null;
  return new Resvg(svg, { fitTo: { mode: 'zoom', value: ZOOM } }).render().asPng();
}
