import { AttackPolicyKind } from '../../../proto/gen/winnow/v1/attack_policy_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { digits, objective, type SpecInit, smallCnn, tinyResnet, tinySpec } from '../services/requests.ts';

/** Runs that remember as much as runs can: momentum, warm-up, a course of the rate, sets of several rounds, a best model. */
export const specs = {
  /** Pruned TRADES, its sets and their weights from training's own signals, a best model on held-out digits. */
  pruned: tinySpec({
    name: 'pruned',
    dataset: { ...digits, trainExamples: 240, validationExamples: 40, testExamples: 40 },
    model: tinyResnet,
    objective: objective(ObjectiveKind.TRADES),
    selection: { scorer: 'adv-grad-match', fraction: 0.5, everyEpochs: 2, reuseTrainingSignals: true },
    epochs: 8,
    batchSize: 20,
    evaluation: { everyEpochs: 1, progressExamples: 40 },
    augment: true,
  }),
  /** Bullet-Train on all data, dropout and all. */
  bulletTrain: tinySpec({
    name: 'bullet-train',
    dataset: { ...digits, trainExamples: 240, testExamples: 40 },
    model: { ...smallCnn, dropout: 0.3 },
    objective: objective(ObjectiveKind.TRADES),
    attackPolicy: { kind: AttackPolicyKind.BULLET_TRAIN },
    epochs: 6,
    batchSize: 20,
  }),
} satisfies Record<string, SpecInit>;
