import type { ExampleImage } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { PictureGroup } from '../page-pictures.ts';
import type { Cell } from './cell.ts';
import { studyPanels } from './panels.ts';
import { isControl } from './row-key.ts';
import { studyRows } from './study-rows.ts';

type KeptExample = Cell['mostKept'][number];
/** What a picture needs of an example. */
type Image = Pick<ExampleImage, 'index' | 'label' | 'className' | 'png'>;

/** The cells whose examples are shown: of each scorer's row without Bullet-Train the first seed; controls pick nothing. */
export function picturedCells(cells: readonly Cell[]): Cell[] {
  return panelsOf(cells).map(({ cell }) => cell);
}

/** Indices of the examples that are shown, each once, in order. */
export function picturedIndices(cells: readonly Cell[]): number[] {
  const shown = picturedCells(cells).flatMap(({ mostKept, leastKept }) => [...mostKept, ...leastKept]);
  return [...new Set(shown.map(({ index }) => index))].sort((a, b) => a - b);
}

/** Two groups for each scorer: the examples kept most, and those kept least. Examples without an image are left out. */
export function pictureGroups(cells: readonly Cell[], images: readonly Image[]): PictureGroup[] {
  const byIndex = new Map(images.map((image) => [image.index, image]));
  return panelsOf(cells).flatMap(({ title, cell }) => {
    const pictures = (examples: readonly KeptExample[]) =>
      examples.flatMap((example) => {
        const image = byIndex.get(example.index);
        return image ? [{ png: image.png, caption: captionOf(example, image, cell.rounds.length) }] : [];
      });
    return [
      { title: `Kept most by ${title}`, images: pictures(cell.mostKept) },
      { title: `Kept least by ${title}`, images: pictures(cell.leastKept) },
    ];
  });
}

function panelsOf(cells: readonly Cell[]): { title: string; cell: Cell }[] {
  return studyPanels(studyRows(cells), cells).flatMap(({ title, rows }) =>
    rows.flatMap(({ row, label, cells: [first] }) =>
      first === undefined || isControl(row) || row.bullet ? [] : [{ title: `${label} (${title})`, cell: first }],
    ),
  );
}

function captionOf({ rounds: kept }: KeptExample, { className, label, index }: Image, rounds: number): string {
  const name = className || `class ${label}`;
  const often = kept === 0 ? 'never kept' : `kept in ${kept} of ${rounds} rounds`;
  return `${name} · ${often} · example ${index}`;
}
