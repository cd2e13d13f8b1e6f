import { Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';

/** Whether anything of an example has to be measured: labels are there already. */
export function needsAttack(needed: readonly Signal[]): boolean {
  return needed.some((signal) => signal !== Signal.LABEL);
}
