import type {
  ParameterDefinition,
  ScorerSetting,
  ScoresDefinition,
  SetDefinition,
} from '../../../../../clients/node/scorer/definition.ts';
import type { ScorerSignals } from '../../../../../clients/node/scorer/signals.ts';
import { Signal } from '../../../../../proto/gen/winnow/v1/scorer_service_pb.ts';

const parameters: ParameterDefinition[] = [
  { name: 'scale', description: 'Factor of all scores.', defaultValue: 1, minimum: 0.5, maximum: 2 },
  { name: 'shift', description: 'Added to all scores.', defaultValue: 0, minimum: -3, maximum: 3, integer: true },
];

/** Minus the label's logit, times `scale` plus `shift`: something that is different for each example. */
export function logitScores({ classes, parameters: given }: ScorerSetting, signals: ScorerSignals): number[] {
  const { labels, adversarialLogits } = signals;
  return Array.from(labels, (label, i) => given.shift! - given.scale! * adversarialLogits[i * classes + label]!);
}

/** A scorer that keeps the contract and gives scores. */
export const properScores: ScoresDefinition = {
  name: 'proper-scores',
  version: '1',
  summary: 'For tests.',
  parameters,
  signals: [Signal.LABEL, Signal.ADVERSARIAL_LOGITS],
  output: 'scores',
  score: logitScores,
};

/** A scorer that keeps the contract and gives a set with weights. */
export const properSet: SetDefinition = {
  ...properScores,
  name: 'proper-set',
  output: 'set',
  score: (setting, signals) => {
    const scores = logitScores(setting, signals);
    const indices = scores.map((_, index) => index).sort((a, b) => scores[b]! - scores[a]! || a - b);
    return { indices: indices.slice(0, setting.keep), weights: Array.from({ length: setting.keep }, () => 1) };
  },
};
