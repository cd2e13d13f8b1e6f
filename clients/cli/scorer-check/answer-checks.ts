import type { ScorerOutput } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { baseAnswer, baseCall, expectedOf } from './call-scorer.ts';
import type { Check } from './check.ts';
import { fail, pass } from './finding.ts';
import { answerRules } from './judge-answer.ts';

/** Checks of the answer to the usual input, one for each rule. */
export function answerChecks(output: ScorerOutput): readonly Check[] {
  return answerRules(output).map((rule) => ({
    name: rule.name,
    run: async (subject) => {
      const problem = rule.problem(await baseAnswer(subject), expectedOf(subject, baseCall(subject)));
      return problem === undefined ? pass('as it should be') : fail(problem, rule.remedy);
    },
  }));
}
