import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { CheckpointRef } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { type BestModel, type Evaluation, type Run, type RunSpec, Split } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { duration, enumWord, objectiveWord, percent, pixelLength, stateWord, stepCount } from './words.ts';

/** A run for people: one line per fact. */
export function runText(run: Run): string {
  const newest = run.result ?? run.history.findLast(({ evaluation }) => evaluation)?.evaluation;
  const facts: [string, string | undefined][] = [
    ['run', run.id],
    ['name', run.spec?.name],
    ['state', stateWord(run.state)],
    ['failure', run.failure && `${enumWord(ErrorReason, run.failure.reason)}: ${run.failure.message}`],
    ...(run.spec ? specFacts(run.spec) : []),
    ['epochs', `${run.epochsDone} of ${run.spec?.epochs ?? 0}`],
    ['kept', keptText(run)],
    ['accuracy', newest && accuracyText(newest)],
    ...bestFacts(run.best),
    ['time', run.cost?.seconds && duration(run.cost.seconds.total)],
    ['passes', run.cost?.passes && `${run.cost.passes.forward} forward, ${run.cost.passes.backward} backward`],
    ['model', run.checkpoint && checkpointText(run.checkpoint)],
    ['best file', run.best?.checkpoint && checkpointText(run.best.checkpoint)],
    ['device', run.device],
  ];
  return facts
    .filter(([, value]) => value)
    .map(([name, value]) => `${name.padEnd(10)}${value}`)
    .join('\n');
}

function specFacts(spec: RunSpec): [string, string | undefined][] {
  const attack = spec.objective?.attack;
  const { selection } = spec;
  return [
    ['data set', spec.dataset?.name],
    ['model', spec.model?.architecture],
    ['objective', objectiveWord(spec.objective?.kind)],
    [
      'attack',
      attack && `${stepCount(attack.steps)} of ${pixelLength(attack.stepSize)}, eps ${pixelLength(attack.epsilon)}`,
    ],
    [
      'selection',
      selection
        ? `${selection.scorer}, ${percent(selection.fraction)} every ${selection.everyEpochs} epochs`
        : 'none: full data',
    ],
    ['seed', `${spec.seed}`],
  ];
}

/** Epochs count from 1 here, as everywhere people read them. */
function bestFacts(best: BestModel | undefined): [string, string | undefined][] {
  if (best === undefined) return [];
  return [
    ['best', `epoch ${best.epoch + 1}${best.result ? `: ${accuracyText(best.result)}` : ''}`],
    ['held out', best.validation && accuracyText(best.validation)],
  ];
}

function checkpointText({ sha256, sizeBytes }: CheckpointRef): string {
  return `sha256 ${sha256}, ${sizeBytes} bytes`;
}

function keptText(run: Run): string | undefined {
  const round = run.rounds.at(-1);
  const total = run.dataset?.trainExamples;
  return round && `${round.kept}${total ? ` of ${total}` : ''} (round ${round.round})`;
}

/** An evaluation in one line. */
export function accuracyText(evaluation: Evaluation): string {
  const { cleanAccuracy, robustAccuracy, attackName, attack, examples, split } = evaluation;
  const under = `${attackName}${attack ? ` eps ${pixelLength(attack.epsilon)}` : ''}`;
  const kind = split === Split.VALIDATION ? ' held-out' : '';
  return `clean ${percent(cleanAccuracy)}, robust ${percent(robustAccuracy)} under ${under}, ${examples}${kind} examples`;
}
