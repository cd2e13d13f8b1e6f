import type { MessageInitShape } from '@bufbuild/protobuf';
import type { DatasetSpecSchema } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import type { ExampleImage } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { PictureGroup } from '../../../services/report/page-pictures.ts';
import type { Cell } from '../../../services/report/study/cell.ts';
import { picturedIndices, pictureGroups } from '../../../services/report/study/study-pictures.ts';
import type { ScoringClient } from '../../node/scoring-client.ts';

/** Examples that one call gives. */
const PER_CALL = 256;

/** What pictures are fetched with. */
export interface PictureTools {
  readonly scoring: Pick<ScoringClient, 'getExamples'>;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Pictures of the examples that scorers kept most and least; `cells` are runs on `dataset`. None, with a note, where they
 * can't be had, as a study's figures don't depend on them. Throws where `signal` is aborted.
 */
export async function fetchPictures(
  dataset: MessageInitShape<typeof DatasetSpecSchema>,
  cells: readonly Cell[],
  { scoring, note, signal }: PictureTools,
): Promise<PictureGroup[]> {
  const indices = picturedIndices(cells);
  const images: ExampleImage[] = [];
  try {
    for (let first = 0; first < indices.length; first += PER_CALL) {
      const request = { dataset, indices: indices.slice(first, first + PER_CALL) };
      images.push(...(await scoring.getExamples(request, { signal })));
    }
  } catch (error) {
    if (signal.aborted) throw error;
    note(`the page shows no examples: ${(error as Error).message}`);
    return [];
  }
  return pictureGroups(cells, images);
}
