import type {
  ExampleHistory,
  ExampleRound,
  ExplainExamplesResponse,
} from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { plainTable } from './plain-table.ts';

/** Why examples were kept or dropped, for people: a table for each, then what the scores mean. */
export function explanationText(answer: ExplainExamplesResponse, classNames: readonly string[]): string {
  const { examples, scorer, scoreMeaning } = answer;
  const tables = examples.map((example) => exampleText(example, classWords(example.label, classNames)));
  const meaning = scoreMeaning === '' ? 'no scores are stored.' : `score: ${scoreMeaning}`;
  return [...tables, `Scorer ${scorer}, ${meaning}`].join('\n\n');
}

function classWords(label: number, classNames: readonly string[]): string {
  const name = classNames[label];
  return name === undefined ? `class ${label}` : `class '${name}'`;
}

function exampleText({ index, rounds }: ExampleHistory, className: string): string {
  const rows = rounds.map((round) => [
    `${round.round}`,
    round.kept ? 'kept' : 'dropped',
    round.kept ? short(round.weight) : '-',
    round.score === undefined ? '-' : short(round.score),
    rankText(round, className),
  ]);
  return `Example ${index}, ${className}\n${plainTable(['round', '', 'weight', 'score', 'rank by score'], rows)}`;
}

function rankText({ rank, classExamples, classKept }: ExampleRound, className: string): string {
  const place = rank === undefined ? 'one' : `${rank}`;
  return `${place} of ${classExamples} of ${className}, ${classKept} kept`;
}

/** Four digits, which is what tells examples apart. */
function short(value: number): string {
  return `${Number(value.toPrecision(4))}`;
}
