import { toBinary } from '@bufbuild/protobuf';
import {
  type ScorerDescription,
  ScorerDescriptionSchema,
  ScorerOutput,
  type ScorerParameter,
  Signal,
} from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { invalidField } from '../../app-error.ts';
import { isBuiltIn } from '../../spec/known-scorers.ts';

const NAME = /^[a-z0-9-]{1,64}$/;
/** Names of parameters end up in fields of errors and options of commands. */
const PARAMETER_NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const LONGEST_VERSION = 64;
/** A description is kept for all replicas and listed with all others. */
const LARGEST_DESCRIPTION_BYTES = 64 * 1024;

/** What is measured here; other signals are for callers that have no logits. */
const SENT: readonly Signal[] = [
  Signal.LABEL,
  Signal.CLEAN_LOGITS,
  Signal.ADVERSARIAL_LOGITS,
  Signal.CLEAN_FEATURES,
  Signal.ADVERSARIAL_FEATURES,
];

function parameterProblem(parameter: ScorerParameter, all: readonly ScorerParameter[]): string | undefined {
  const { name, defaultValue, minimum, maximum, integer } = parameter;
  if (!PARAMETER_NAME.test(name)) return 'a parameter has a name that is not 1 to 64 letters, digits, "_", "." and "-"';
  if (all.filter((other) => other.name === name).length > 1) return `parameter '${name}' is there twice`;
  const values = [minimum, defaultValue, maximum];
  if (!values.every(Number.isFinite)) return `parameter '${name}' has bounds or a default that are not finite`;
  if (!(minimum <= defaultValue && defaultValue <= maximum)) {
    return `parameter '${name}' has the default ${defaultValue}, which is not in [${minimum}, ${maximum}]`;
  }
  if (integer && !values.every(Number.isInteger)) return `parameter '${name}' is whole, its bounds or default are not`;
  return undefined;
}

function signalsProblem(signals: readonly Signal[]): string | undefined {
  if (signals.length === 0)
    return 'it asks for no signal; at least SIGNAL_LABEL, which says how many examples there are';
  if (new Set(signals).size < signals.length) return 'it asks for a signal twice';
  const stray = signals.find((signal) => !SENT.includes(signal));
  if (stray === undefined) return undefined;
  const name = Object.entries(Signal).find(([, value]) => value === stray)?.[0] ?? stray;
  return `it asks for the signal ${name}, which is not measured here; labels, logits and features are`;
}

/** What is wrong with a description; undefined where it keeps the contract. */
export function descriptionProblem(description: ScorerDescription): string | undefined {
  const { name, version, parameters, signals, output } = description;
  if (!NAME.test(name)) return 'its name is not 1 to 64 lower-case letters, digits and "-"';
  if (version === '' || version.length > LONGEST_VERSION)
    return `its version is not 1 to ${LONGEST_VERSION} characters`;
  if (toBinary(ScorerDescriptionSchema, description).length > LARGEST_DESCRIPTION_BYTES) {
    return `its description is larger than ${LARGEST_DESCRIPTION_BYTES / 1024} KiB`;
  }
  if (output !== ScorerOutput.SCORES && output !== ScorerOutput.SET) return 'it gives neither scores nor a set';
  const bad = parameters.map((parameter) => parameterProblem(parameter, parameters)).find((problem) => problem);
  return bad ?? signalsProblem(signals);
}

/** INVALID_FIELD (address) for a description that breaks the contract, and for the name of a built-in scorer. */
export function checkDescription(description: ScorerDescription, address: string): void {
  const problem = descriptionProblem(description);
  if (problem) throw invalidField('address', `the scorer at ${address} breaks the contract: ${problem}`);
  if (isBuiltIn(description.name)) {
    throw invalidField(
      'address',
      `the scorer at ${address} is named '${description.name}', as a built-in one is; rename it`,
    );
  }
}
