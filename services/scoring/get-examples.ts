import type { MessageInitShape } from '@bufbuild/protobuf';
import type { GetExamplesRequest, GetExamplesResponseSchema } from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { invalidField } from '../app-error.ts';
import type { WorkThread } from '../platform/thread/work-thread.ts';
import type { ExampleImage, ExamplesRequest } from './score-messages.ts';

/** Examples of one answer; enough for a page to look at. */
const MOST_INDICES = 256;

/**
 * Answers GetExamples: `thread` reads the data set and encodes the images.
 * INVALID_FIELD (dataset, indices), and as loadDataset.
 */
export async function getExamples(
  { dataset, indices }: GetExamplesRequest,
  thread: Pick<WorkThread, 'run'>,
  signal: AbortSignal,
): Promise<MessageInitShape<typeof GetExamplesResponseSchema>> {
  if (!dataset) throw invalidField('dataset', 'is missing');
  if (indices.length === 0) throw invalidField('indices', 'is empty; give the indices of training examples');
  if (indices.length > MOST_INDICES) {
    throw invalidField('indices', `${indices.length} are more than ${MOST_INDICES}; ask several times`);
  }
  const request: ExamplesRequest = { dataset, indices };
  return { examples: [...(await thread.run<ExampleImage[]>('examples', request, { signal }))] };
}
