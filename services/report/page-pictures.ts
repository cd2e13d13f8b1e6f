import { type Html, html } from './html.ts';
import { printable } from './printable.ts';

/** Pictures that belong together, for example the most important examples of a run. */
export interface PictureGroup {
  title: string;
  images: { png: Uint8Array; caption: string }[];
}

/** Groups of pictures with their captions, embedded in the page. */
export function picturesSection(groups: readonly PictureGroup[]): Html[] {
  return groups
    .filter((group) => group.images.length > 0)
    .map(
      ({ title, images }) => html`<h3>${printable(title)}</h3>
<ul class="pictures">${images.map(picture)}</ul>
`,
    );
}

// The caption says what the picture is, so an alternative text would only repeat it.
function picture({ png, caption }: PictureGroup['images'][number]): Html {
  const data = Buffer.from(png).toString('base64');
  return html`<li><figure><img alt="" src="data:image/png;base64,${data}"><figcaption>${printable(caption)}</figcaption></figure></li>
`;
}
