import { ScorerOutput } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ParameterDefinition, ScorerDefinition } from './definition.ts';
import { signalColumns } from './signals.ts';

const NAME = /^[a-z0-9-]+$/;

/** Throws where a scorer can't be described as the contract wants it; its author is to read this at the start. */
export function checkDefinition(definition: ScorerDefinition): void {
  const { name, version, signals, parameters = [] } = definition;
  const wrong = (text: string): never => {
    throw new Error(`scorer "${name}": ${text}`);
  };
  if (!NAME.test(name)) wrong('the name must be lower case letters, digits and "-"');
  if (version === '') wrong('the version is empty; give one, and change it with the results');
  if (signals.length === 0) wrong('it asks for no signal; ask for SIGNAL_LABEL at least');
  if (new Set(signals).size < signals.length) wrong('it asks for a signal twice');
  if (signals.some((signal) => !signalColumns.some((column) => column.signal === signal))) {
    wrong('it asks for a signal that is not in the contract');
  }
  if (new Set(parameters.map((parameter) => parameter.name)).size < parameters.length) {
    wrong('two parameters have the same name');
  }
  for (const parameter of parameters) {
    const problem = parameterProblem(parameter);
    if (problem !== undefined) wrong(`parameter "${parameter.name}": ${problem}`);
  }
}

function parameterProblem(parameter: ParameterDefinition): string | undefined {
  const { name, defaultValue, minimum, maximum, integer = false } = parameter;
  if (name === '') return 'it has no name';
  if (![defaultValue, minimum, maximum].every(Number.isFinite)) return 'its default and bounds must be finite';
  if (!(minimum <= defaultValue && defaultValue <= maximum)) return 'its default is not within its bounds';
  if (integer && !Number.isInteger(defaultValue)) return 'its default is not a whole number';
  return undefined;
}

/** The scorer's description as it goes over the wire. */
export function describe(definition: ScorerDefinition) {
  const { name, version, summary, signals, output, parameters = [] } = definition;
  return {
    name,
    version,
    summary,
    signals: [...signals],
    parameters: parameters.map((parameter) => ({ ...parameter })),
    output: output === 'set' ? ScorerOutput.SET : ScorerOutput.SCORES,
  };
}
