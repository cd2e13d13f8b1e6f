import type { AutoAttackResult } from '../../../proto/gen/winnow/v1/autoattack_pb.ts';
import type { Evaluation } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { accuracyText } from './run-text.ts';
import { duration, percent, pixelLength } from './words.ts';

/** An evaluation for people: its accuracies in one line, then AutoAttack's, the worst case and warnings where there are any. */
export function evaluationText(evaluation: Evaluation): string {
  const { attack, autoAttack, worstCaseAccuracy, warnings } = evaluation;
  return [
    accuracyText(evaluation),
    ...(autoAttack ? autoAttackLines(autoAttack) : []),
    ...(attack && autoAttack ? [`worst case of both, example by example: robust ${percent(worstCaseAccuracy)}`] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

function autoAttackLines({ epsilon, robustAccuracy, examples, seconds, attacks }: AutoAttackResult): string[] {
  const head = `robust ${percent(robustAccuracy)} under AutoAttack eps ${pixelLength(epsilon)}`;
  const columns = Math.max(...attacks.map(({ attack }) => attack.length));
  return [
    `${head}, ${examples} examples, ${duration(seconds)}`,
    ...attacks.map(
      ({ attack, accuracy, broken }) => `  ${attack.padEnd(columns)}  ${percent(accuracy)} left, ${broken} broken`,
    ),
  ];
}
