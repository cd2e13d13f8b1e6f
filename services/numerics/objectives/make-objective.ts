import { ObjectiveKind, type ObjectiveSpec } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { at } from './at.ts';
import { mart } from './mart.ts';
import type { Objective } from './objective.ts';
import { trades } from './trades.ts';

/** The objective that a resolved ObjectiveSpec names. */
export function makeObjective({ kind, beta, lambda }: ObjectiveSpec): Objective {
  switch (kind) {
    case ObjectiveKind.TRADES:
      return trades(beta!);
    case ObjectiveKind.MART:
      return mart(lambda!);
    default:
      return at;
  }
}
