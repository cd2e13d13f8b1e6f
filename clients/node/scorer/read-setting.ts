import type { ScoringSetting } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { invalidField } from '../../../services/app-error.ts';
import type { ParameterDefinition, ScorerDefinition, ScorerSetting } from './definition.ts';
import { featureSignals } from './signals.ts';

/** Checks a setting against what the scorer described, and gives parameters that are not named their default. */
export function readSetting(definition: ScorerDefinition, setting: ScoringSetting): ScorerSetting {
  const { examples, classes, keep, features } = setting;
  if (examples < 1) throw invalidField('setting.examples', 'must be at least 1');
  if (classes < 1) throw invalidField('setting.classes', 'must be at least 1');
  if (keep < 1 || keep > examples) {
    throw invalidField('setting.keep', `is ${keep}; must be at least 1 and at most the ${examples} examples`);
  }
  if (features === 0 && definition.signals.some((signal) => featureSignals.includes(signal))) {
    throw invalidField('setting.features', 'is 0, but this scorer needs features; send their dimensions and values');
  }
  return { ...setting, parameters: readParameters(definition, setting.parameters) };
}

function readParameters(
  { name, parameters = [] }: ScorerDefinition,
  given: Readonly<Record<string, number>>,
): Record<string, number> {
  const stray = Object.keys(given).find((key) => !parameters.some((parameter) => parameter.name === key));
  if (stray !== undefined) {
    const known = parameters.map((parameter) => parameter.name).join(', ') || 'none';
    throw invalidField(`setting.parameters.${stray}`, `is no parameter of ${name}; it has: ${known}`);
  }
  return Object.fromEntries(
    parameters.map((parameter) => [parameter.name, checkValue(parameter, given[parameter.name])]),
  );
}

function checkValue(parameter: ParameterDefinition, value = parameter.defaultValue): number {
  const { name, minimum, maximum, integer = false } = parameter;
  const inBounds = minimum <= value && value <= maximum;
  if (inBounds && (!integer || Number.isInteger(value))) return value;
  const kind = integer ? 'a whole number' : 'a number';
  throw invalidField(`setting.parameters.${name}`, `is ${value}; must be ${kind} from ${minimum} to ${maximum}`);
}
