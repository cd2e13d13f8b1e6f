import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { AutoAttackResultSchema } from '../../proto/gen/winnow/v1/autoattack_pb.ts';
import type { AttackSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { type Evaluation, EvaluationSchema, Split } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { AutoAttackResult } from '../numerics/evaluation/autoattack.ts';
import { ATTACK_NAMES } from '../numerics/evaluation/autoattack-rounds.ts';
import type { Robustness } from '../numerics/evaluation/robustness.ts';
import { pgdFigures } from './evaluate.ts';

/** What an evaluation of test examples found, PGD or AutoAttack or both. */
export interface EvaluationFindings {
  readonly examples: number;
  /** Seconds it took. */
  readonly seconds: number;
  readonly pgd?: Robustness & { readonly attack: AttackSpec; readonly warnings: readonly string[] };
  readonly autoAttack?: AutoAttackResult & { readonly seconds: number };
}

function autoAttackMessage(
  found: AutoAttackResult & { readonly seconds: number },
): MessageInitShape<typeof AutoAttackResultSchema> {
  const { epsilon, robustAccuracy, examples, seconds, accuracyAfter, broken } = found;
  const attacks = ATTACK_NAMES.map((attack) => ({ attack, accuracy: accuracyAfter[attack], broken: broken[attack] }));
  return { epsilon, robustAccuracy, attacks, examples, seconds };
}

/** Without PGD, AutoAttack's figures stand in its place. */
function mainFigures({ pgd, autoAttack, examples }: EvaluationFindings) {
  if (pgd) return pgdFigures(pgd.attack, pgd, examples);
  const { cleanAccuracy, robustAccuracy } = autoAttack!;
  return { cleanAccuracy, robustAccuracy, attackName: 'AutoAttack' };
}

/** Share of examples that both attacks left standing. */
function worstCase({ pgd, autoAttack, examples }: EvaluationFindings): number {
  const [first, second] = [pgd, autoAttack].flatMap((found) => (found ? [found.robust] : []));
  const also = new Set(second ?? first);
  return first.filter((example) => also.has(example)).length / examples;
}

/** The message that says what an evaluation found. */
export function evaluationResult(findings: EvaluationFindings): Evaluation {
  const { examples, seconds, pgd, autoAttack } = findings;
  return create(EvaluationSchema, {
    ...mainFigures(findings),
    examples,
    seconds,
    split: Split.TEST,
    warnings: [...(pgd?.warnings ?? []), ...(autoAttack?.warnings ?? [])],
    ...(autoAttack && { autoAttack: autoAttackMessage(autoAttack) }),
    worstCaseAccuracy: worstCase(findings),
  });
}
