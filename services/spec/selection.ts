import { create } from '@bufbuild/protobuf';
import { type ScorerDescription, ScorerOutput } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ScorerFallback, type SelectionSpec, SelectionSpecSchema } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { invalidField } from '../app-error.ts';
import { findSelector, resolveParameters, selectors } from '../selection/registry.ts';
import { resolveTrainingAttack } from './attack.ts';
import { renameField } from './rename-field.ts';

const FALLBACKS: readonly ScorerFallback[] = [
  ScorerFallback.UNSPECIFIED,
  ScorerFallback.LAST_SET,
  ScorerFallback.RANDOM,
];

/** The scorer of a name: a built-in one, or one of those that run as services. UNKNOWN_SCORER for `selection.scorer`. */
export function findScorer(name: string, services: readonly ScorerDescription[]) {
  const service = selectors.has(name) ? undefined : services.find((known) => known.name === name);
  return (
    service ??
    findSelector(
      name,
      services.map((known) => known.name),
    )
  );
}

function parametersOf(
  { scorer, parameters, classFloor }: SelectionSpec,
  services: readonly ScorerDescription[],
  field: string,
): Record<string, number> {
  try {
    const found = findScorer(scorer, services);
    if (classFloor > 0 && found.output === ScorerOutput.SET) {
      throw invalidField(
        'selection.class_floor',
        `does not go with '${scorer}', which makes whole sets; leave it at 0`,
      );
    }
    return Object.fromEntries(resolveParameters(found, parameters));
  } catch (error) {
    throw renameField(error, 'selection', field);
  }
}

/**
 * A selection with its defaults filled in, by a built-in scorer or one of the given ones, which run as services.
 * UNKNOWN_SCORER, or INVALID_FIELD below `field`. `max_staleness_epochs` stays below `every_epochs`: a set that came later
 * would be replaced by the next one before it was trained on.
 */
export function resolveSelection(
  selection: SelectionSpec | undefined,
  field: string,
  services: readonly ScorerDescription[] = [],
): SelectionSpec {
  if (!selection) throw invalidField(field, 'is missing; give scorer and fraction');
  const { fraction, classFloor, maxStalenessEpochs, attack } = selection;
  const parameters = parametersOf(selection, services, field);
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
  if (!FALLBACKS.includes(selection.fallback)) {
    throw invalidField(`${field}.fallback`, 'is not known; one of SCORER_FALLBACK_LAST_SET, _RANDOM, or none');
  }
  return create(SelectionSpecSchema, {
    ...selection,
    parameters,
    everyEpochs,
    ...(attack && { attack: resolveTrainingAttack(attack, `${field}.attack`) }),
  });
}
