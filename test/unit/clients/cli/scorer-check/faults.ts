import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ScorerDefinition } from '../../../../../clients/node/scorer/definition.ts';
import { scorerService } from '../../../../../clients/node/scorer/scorer-service.ts';
import {
  type ExampleBatch,
  type ScoreExamplesRequest,
  type ScoreExamplesResponseSchema,
  type ScorerDescriptionSchema,
  ScorerOutput,
  type ScoringSetting,
  type Signal,
} from '../../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ScorerImpl } from './check-served.ts';
import { properScores, properSet } from './proper-scorers.ts';

type Response = MessageInitShape<typeof ScoreExamplesResponseSchema>;
type Description = MessageInitShape<typeof ScorerDescriptionSchema>;

/** A wrong scorer and the checks that must notice, at least. */
export interface Fault {
  readonly what: string;
  readonly impl: () => ScorerImpl;
  readonly noticedBy: readonly string[];
}

/** All that came in a call, taken as it is. */
interface Received {
  readonly settings: ScoringSetting[];
  readonly batches: ExampleBatch[];
}

async function receive(requests: AsyncIterable<ScoreExamplesRequest>, each?: () => unknown): Promise<Received> {
  const received: Received = { settings: [], batches: [] };
  for await (const { part } of requests) {
    if (part.case === 'setting') received.settings.push(part.value);
    if (part.case === 'batch') received.batches.push(part.value);
    await each?.();
  }
  return received;
}

/** The proper scorer's answer to a call that was received already. */
function properly(definition: ScorerDefinition, { settings, batches }: Received, context: never) {
  async function* again() {
    for (const value of settings) yield { part: { case: 'setting', value } } as ScoreExamplesRequest;
    for (const value of batches) yield { part: { case: 'batch', value } } as ScoreExamplesRequest;
  }
  return scorerService(definition).scoreExamples(again(), context) as AsyncIterable<Response>;
}

function described(what: string, change: Description, noticedBy: string): Fault {
  const impl = () => {
    const proper = scorerService(properScores);
    const describeScorer: ScorerImpl['describeScorer'] = async (request, context) => {
      const { scorer } = await proper.describeScorer(request, context);
      return { scorer: { ...scorer, ...change } as Description };
    };
    return { ...proper, describeScorer };
  };
  return { what, impl, noticedBy: [noticedBy] };
}

/** A proper scorer whose answer is changed on its way. */
function answered(
  what: string,
  definition: ScorerDefinition,
  change: (responses: Response[], received: Received) => Response[],
  ...noticedBy: string[]
): Fault {
  const impl = (): ScorerImpl => ({
    ...scorerService(definition),
    async *scoreExamples(requests, context) {
      const received = await receive(requests);
      const responses: Response[] = [];
      for await (const response of properly(definition, received, context as never)) responses.push(response);
      yield* change(responses, received);
    },
  });
  return { what, impl, noticedBy };
}

const scoresOf = (responses: Response[]) =>
  responses.flatMap(({ part }) => (part?.case === 'scores' ? (part.value.scores ?? []) : []));
const oneChunk = (scores: number[], firstIndex = 0): Response[] => [
  { part: { case: 'scores', value: { firstIndex, scores } } },
];
const setOf = ([response]: Response[]) => {
  const set = response?.part?.case === 'set' ? response.part.value : undefined;
  return { indices: set?.indices ?? [], weights: set?.weights ?? [] };
};
const oneSet = (indices: number[], weights: number[] = []): Response[] => [
  { part: { case: 'set', value: { indices, weights } } },
];

function scoresFault(
  what: string,
  change: (scores: number[], received: Received) => number[],
  ...noticedBy: string[]
): Fault {
  return answered(what, properScores, (r, received) => oneChunk(change(scoresOf(r), received)), ...noticedBy);
}

function setFault(
  what: string,
  change: (set: { indices: number[]; weights: number[] }, received: Received) => Response[],
  ...noticedBy: string[]
): Fault {
  return answered(what, properSet, (responses, received) => change(setOf(responses), received), ...noticedBy);
}

/** NaN for all examples where a condition holds. */
function spoiltWhen(
  what: string,
  when: (setting: ScoringSetting, labels: number[]) => boolean,
  ...noticedBy: string[]
) {
  return scoresFault(
    what,
    (scores, { settings: [setting], batches }) =>
      when(
        setting!,
        batches.flatMap(({ labels }) => labels),
      )
        ? scores.map(() => Number.NaN)
        : scores,
    ...noticedBy,
  );
}

const parameter = { name: 'p', description: 'P.', defaultValue: 1, minimum: 0, maximum: 2, integer: false };

const descriptionFaults: readonly Fault[] = [
  described('a name with a space', { name: 'My Scorer' }, 'name'),
  described('no version', { version: '' }, 'version'),
  described('no summary', { summary: '' }, 'summary'),
  described('a default out of bounds', { parameters: [{ ...parameter, defaultValue: 3 }] }, 'parameters'),
  described('a bound that is infinite', { parameters: [{ ...parameter, maximum: Infinity }] }, 'parameters'),
  described(
    'a fraction as a whole number',
    { parameters: [{ ...parameter, defaultValue: 0.5, integer: true }] },
    'parameters',
  ),
  described('a parameter twice', { parameters: [parameter, parameter] }, 'parameters'),
  described('a parameter without a name', { parameters: [{ ...parameter, name: '' }] }, 'parameters'),
  described('a parameter without description', { parameters: [{ ...parameter, description: '' }] }, 'parameters'),
  described('an unknown signal', { signals: [1, 99 as Signal] }, 'signals'),
  described('no signals', { signals: [] }, 'signals'),
  described('a signal twice', { signals: [1, 3, 3] }, 'signals'),
  described('no output', { output: ScorerOutput.UNSPECIFIED }, 'output'),
  described('a set that is none', { output: ScorerOutput.SET }, 'answer kind'),
  {
    what: 'an empty description',
    impl: () => ({ ...scorerService(properScores), describeScorer: async () => ({}) }),
    noticedBy: ['describe'],
  },
  {
    what: 'never ready',
    impl: () => scorerService({ ...properScores, waitsFor: () => 'its model' }),
    noticedBy: ['ready'],
  },
];

const answerFaults: readonly Fault[] = [
  answered('an empty message', properScores, (responses) => [...responses, {}], 'answer kind'),
  scoresFault('one score too few', (scores) => scores.slice(1), 'score count'),
  answered('scores that begin at 1', properScores, (responses) => oneChunk(scoresOf(responses), 1), 'score order'),
  spoiltWhen('NaN always', () => true, 'finite scores'),
  setFault('one index too few', ({ indices }) => oneSet(indices.slice(1)), 'set size'),
  setFault(
    "another data set's index",
    ({ indices, weights }) => oneSet([...indices.slice(0, -1), 60_000], weights),
    'set range',
  ),
  setFault(
    'an index twice',
    ({ indices: [first, ...rest], weights }) => oneSet([first!, first!, ...rest.slice(1)], weights),
    'set uniqueness',
  ),
  setFault('indices backwards', ({ indices }) => oneSet(indices.toReversed()), 'set order'),
  setFault('a NaN weight', ({ indices, weights }) => oneSet(indices, [Number.NaN, ...weights.slice(1)]), 'set weights'),
  setFault('a weight too few', ({ indices, weights }) => oneSet(indices, weights.slice(1)), 'set weights'),
  setFault(
    'weights of 0',
    ({ indices, weights }) =>
      oneSet(
        indices,
        weights.map(() => 0),
      ),
    'set weights',
  ),
  scoresFault('draws of its own', (scores) => scores.map((score) => score + Math.random()), 'same seed'),
  scoresFault(
    'batches that count',
    (scores, { batches }) => scores.map((score) => score * batches.length),
    'batch sizes',
  ),
  scoresFault(
    'rounding by batches',
    (scores, { batches }) => scores.map((score) => score * (1 + 1e-9 * batches.length)),
    'batch sizes',
  ),
  scoresFault('places that count', (scores) => scores.map((score, index) => score + index), 'example order'),
];

const edgeFaults: readonly Fault[] = [
  spoiltWhen('needs all classes', ({ classes }, labels) => new Set(labels).size < classes, 'an empty class'),
  spoiltWhen('needs two classes', (_, labels) => new Set(labels).size < 2, 'one class only'),
  spoiltWhen('needs three examples', ({ examples }) => examples < 3, 'a class of one', 'one example'),
  setFault('at least two', ({ indices }) => oneSet(indices.length === 1 ? [0, 1] : indices), 'keep one'),
  setFault(
    'never all',
    ({ indices }, { settings: [setting] }) => oneSet(indices.slice(0, setting!.examples - 1)),
    'keep all',
  ),
  spoiltWhen('parameters near their bounds', ({ parameters }) => parameters.scale === 2, 'parameter bounds'),
  spoiltWhen('small data sets only', ({ examples }) => examples === 500, 'large input'),
];

/** Wrong scorers of which each only differs in one thing from a proper one. */
export const faults: readonly Fault[] = [...descriptionFaults, ...answerFaults, ...edgeFaults];
