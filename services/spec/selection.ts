import { create } from '@bufbuild/protobuf';
import { type SelectionSpec, SelectionSpecSchema } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { AppError, invalidField } from '../app-error.ts';

import { findSelector, resolveParameters } from '../selection/registry.ts';
import { resolveTrainingAttack } from './attack.ts';

/** Runs a check whose errors speak of `selection`, and renames that to the field as the request has it. */
function under<T>(field: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const rename = (text: string) => text.replace(/^selection\b/, field);
    const fields = error.fields.map((violation) => ({ ...violation, field: rename(violation.field) }));
    throw new AppError(error.reason, rename(error.message), { fields });
  }
}

/** A selection with its defaults filled in. UNKNOWN_SCORER, or INVALID_FIELD below `field`. */
export function resolveSelection(selection: SelectionSpec | undefined, field: string): SelectionSpec {
  if (!selection) throw invalidField(field, 'is missing; give scorer and fraction');
  const { fraction, classFloor, everyEpochs, attack } = selection;
  const parameters = under(field, () => resolveParameters(findSelector(selection.scorer), selection.parameters));
  if (!(fraction > 0 && fraction <= 1))
    throw invalidField(`${field}.fraction`, `${fraction} is not in (0, 1]; 0.3 keeps 30 %`);
  if (!(classFloor >= 0 && classFloor <= 1))
    throw invalidField(`${field}.class_floor`, `${classFloor} is not in [0, 1]`);
  return create(SelectionSpecSchema, {
    ...selection,
    parameters: Object.fromEntries(parameters),
    everyEpochs: everyEpochs || 1,
    ...(attack && { attack: resolveTrainingAttack(attack, `${field}.attack`) }),
  });
}
