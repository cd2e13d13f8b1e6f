import { ScorerOutput, type ScorerParameter, Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { signalColumns } from '../../node/scorer/signals.ts';
import type { Check } from './check.ts';
import { type Finding, fail, pass, warning } from './finding.ts';

const NAME = /^[a-z0-9-]+$/;

const name: Check = {
  name: 'name',
  run: async ({ scorer }) =>
    NAME.test(scorer.name)
      ? pass(`"${scorer.name}"`)
      : fail(`"${scorer.name}"`, 'name it with lower case letters, digits and "-" only'),
};

const version: Check = {
  name: 'version',
  run: async ({ scorer }) =>
    scorer.version !== ''
      ? pass(`"${scorer.version}"`)
      : fail('there is none', 'give one, and change it whenever equal inputs may give other results'),
};

const summary: Check = {
  name: 'summary',
  run: async ({ scorer }) =>
    scorer.summary !== ''
      ? pass('present')
      : warning('there is none', 'say in a sentence what the scorer does and where it is from'),
};

const parameters: Check = {
  name: 'parameters',
  run: async ({ scorer: { parameters: all } }) => {
    const twice = all.find((one, i) => all.findIndex((other) => other.name === one.name) < i);
    if (twice !== undefined) return fail(`"${twice.name}" is there twice`, 'name each parameter once');
    const findings = all.map(parameterFinding);
    const worst = findings.find(({ verdict }) => verdict === 'fail') ?? findings.find((one) => one.verdict !== 'pass');
    return worst ?? pass(all.length === 0 ? 'none' : all.map((one) => one.name).join(', '));
  },
};

function parameterFinding(parameter: ScorerParameter): Finding {
  const { name: label, description, defaultValue, minimum, maximum, integer } = parameter;
  if (label === '') return fail('one has no name', 'name it');
  if (![defaultValue, minimum, maximum].every(Number.isFinite)) {
    return fail(`"${label}": default or bounds are not finite`, 'give finite bounds, however wide');
  }
  if (!(minimum <= defaultValue && defaultValue <= maximum)) {
    return fail(
      `"${label}": default ${defaultValue} is not within ${minimum} .. ${maximum}`,
      'set minimum, maximum and default_value so that the default is allowed',
    );
  }
  if (integer && ![defaultValue, minimum, maximum].every(Number.isInteger)) {
    return fail(`"${label}": a whole number with a default or bound that is none`, 'round them, or unset integer');
  }
  return description === '' ? warning(`"${label}" is not described`, 'say in a sentence what it does') : pass(label);
}

const signals: Check = {
  name: 'signals',
  run: async ({ scorer: { signals: all } }) => {
    const stray = all.find((one) => !signalColumns.some(({ signal }) => signal === one));
    if (stray !== undefined)
      return fail(`${stray} is no signal`, 'use the values of the enum Signal, UNSPECIFIED apart');
    if (new Set(all).size < all.length) return fail('one is there twice', 'name each signal once');
    if (all.length === 0) {
      return fail(
        'none',
        'ask for SIGNAL_LABEL at least: without a list, batches do not say how many examples they hold',
      );
    }
    return pass(all.map((one) => signalName(one)).join(', '));
  },
};

const output: Check = {
  name: 'output',
  run: async ({ scorer }) => {
    if (scorer.output === ScorerOutput.SCORES) return pass('scores');
    if (scorer.output === ScorerOutput.SET) return pass('a set');
    return fail(`${scorer.output}`, 'set it to SCORER_OUTPUT_SCORES or SCORER_OUTPUT_SET');
  },
};

function signalName(signal: Signal): string {
  const found = Object.entries(Signal).find(([, value]) => value === signal);
  return (found?.[0] ?? `${signal}`).toLowerCase().replaceAll('_', ' ');
}

/** Checks of what the scorer says of itself. */
export const descriptionChecks: readonly Check[] = [name, version, summary, parameters, signals, output];
/** Without these, nothing can be sent to the scorer, or its answers not be judged. */
export const essentialChecks: readonly string[] = [signals.name, output.name];
