import { create } from '@bufbuild/protobuf';
import { type SelectionSpec, SelectionSpecSchema } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { invalidField } from '../app-error.ts';
import { findSelector, resolveParameters } from '../selection/registry.ts';
import { resolveTrainingAttack } from './attack.ts';
import { renameField } from './rename-field.ts';

function parametersOf({ scorer, parameters }: SelectionSpec, field: string): Record<string, number> {
  try {
    return Object.fromEntries(resolveParameters(findSelector(scorer), parameters));
  } catch (error) {
    throw renameField(error, 'selection', field);
  }
}

/**
 * A selection with its defaults filled in. UNKNOWN_SCORER, or INVALID_FIELD below `field`. `max_staleness_epochs` stays
 * below `every_epochs`: a set that came later would be replaced by the next one before it was trained on.
 */
export function resolveSelection(selection: SelectionSpec | undefined, field: string): SelectionSpec {
  if (!selection) throw invalidField(field, 'is missing; give scorer and fraction');
  const { fraction, classFloor, maxStalenessEpochs, attack } = selection;
  const parameters = parametersOf(selection, field);
  const everyEpochs = selection.everyEpochs || 1;
  if (!(fraction > 0 && fraction <= 1))
    throw invalidField(`${field}.fraction`, `${fraction} is not in (0, 1]; 0.3 keeps 30 %`);
  if (!(classFloor >= 0 && classFloor <= 1))
    throw invalidField(`${field}.class_floor`, `${classFloor} is not in [0, 1]`);
  if (maxStalenessEpochs >= everyEpochs)
    throw invalidField(
      `${field}.max_staleness_epochs`,
      `${maxStalenessEpochs} is not below every_epochs (${everyEpochs}); by then the next set is due`,
    );
  return create(SelectionSpecSchema, {
    ...selection,
    parameters,
    everyEpochs,
    ...(attack && { attack: resolveTrainingAttack(attack, `${field}.attack`) }),
  });
}
