import { type Command, Option, type OptionValues } from '@commander-js/extra-typings';
import { fullSize, quickSize } from '../demo-defaults.ts';
import { parameterEntry } from './lists.ts';
import { ratioIn, wholeIn } from './numbers.ts';
import { fallbackNames, objectiveNames, precisionNames, type RunSettings } from './run-settings.ts';

/** The preset's value as help text: "(default 10000; quick 1500)". */
function preset(name: keyof RunSettings): string {
  const [full, quick] = [fullSize[name], quickSize[name]];
  return quick === undefined || quick === full ? `(default ${full})` : `(default ${full}; quick ${quick})`;
}

/** Options that choose data set and model. */
export function withTargetOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command
    .option('--dataset <name>', `data set: its folder below the data root ${preset('dataset')}`)
    .option('--train-examples <n>', `training examples, 0 for all ${preset('trainExamples')}`, wholeIn({}))
    .option(
      '--validation-examples <n>',
      `training examples held out to choose a best model by ${preset('validationExamples')}`,
      wholeIn({}),
    )
    .option('--test-examples <n>', `test examples, 0 for all ${preset('testExamples')}`, wholeIn({}))
    .option('--model <name>', `architecture ${preset('model')}; resnet-small for data sets unlike MNIST`)
    .option('--depth <n>', 'layers, for resnet and wide-resnet', wholeIn({ min: 1 }))
    .option('--width <n>', 'channels (resnet) or widening factor (wide-resnet)', wholeIn({ min: 1 }))
    .option('--dropout <rate>', `dropout rate ${preset('dropout')}`, ratioIn({ min: 0, max: 1 }));
}

/** Options of the objective and its training attack. */
export function withObjectiveOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command
    .addOption(
      new Option(
        '--objective <name>',
        `objective ${preset('objective')}; fast-at is AT with one step of 1.25 epsilon`,
      ).choices(objectiveNames),
    )
    .option('--beta <weight>', `weight of TRADES' robust term ${preset('beta')}`, ratioIn({ min: 0 }))
    .option('--lambda <weight>', "weight of MART's robust term (default 5)", ratioIn({ min: 0 }))
    .option(
      '--epsilon <radius>',
      `attack radius in [0,1], "8/255" too ${preset('epsilon')}`,
      ratioIn({ min: 0, max: 1 }),
    )
    .option('--step-size <size>', `attack step ${preset('stepSize')}`, ratioIn({ min: 0, max: 1, above: true }))
    .option('--steps <n>', `attack steps ${preset('steps')}`, wholeIn({ max: 1000 }))
    .addOption(
      new Option(
        '--attack-policy <name>',
        `how much attack each training example gets ${preset('attackPolicy')}`,
      ).choices(['fixed', 'bullet-train'] as const),
    );
}

/** Options of the optimiser and its course. */
export function withOptimiserOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command
    .option('--epochs <n>', `epochs ${preset('epochs')}`, wholeIn({ min: 1 }))
    .option('--batch-size <n>', `mini-batch size ${preset('batchSize')}`, wholeIn({ min: 1, max: 4096 }))
    .option('--learning-rate <rate>', `peak rate ${preset('learningRate')}`, ratioIn({ min: 0, above: true }))
    .option('--momentum <share>', `momentum ${preset('momentum')}`, ratioIn({ min: 0, max: 1 }))
    .option('--weight-decay <rate>', `weight decay ${preset('weightDecay')}`, ratioIn({ min: 0 }))
    .addOption(
      new Option('--schedule <name>', `course of the learning rate ${preset('schedule')}`).choices([
        'constant',
        'cosine',
        'step',
      ] as const),
    )
    .option('--warmup-updates <n>', `updates of linear warm-up ${preset('warmupUpdates')}`, wholeIn({}))
    .addOption(
      new Option('--precision <name>', 'arithmetic of attacks and scoring (default: f32)').choices(precisionNames),
    )
    .option('--augment', 'random crop and flip, whatever the data set')
    .option('--no-augment', 'neither crop nor flip, whatever the data set');
}

/** Options of the selection. */
export function withSelectionOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command
    .option('--fraction <share>', `share to keep ${preset('fraction')}`, ratioIn({ min: 0, max: 1, above: true }))
    .option(
      '--class-floor <share>',
      `least share of a class's budget ${preset('classFloor')}`,
      ratioIn({ min: 0, max: 1 }),
    )
    .option('--score-steps <n>', `steps of the scoring attack ${preset('scoreSteps')}`, wholeIn({ max: 1000 }))
    .option(
      '--score-step-size <size>',
      'their size (default: as far in all as the training attack)',
      ratioIn({ min: 0, max: 1, above: true }),
    )
    .addOption(
      new Option(
        '--fallback <name>',
        'what takes the place of a scorer service that fails (default none: the run fails)',
      ).choices(fallbackNames),
    )
    .option('--scorer-parameter <name=value>', 'a parameter of the scorer; may be repeated', parameterEntry);
}

/** Options of when a run selects. */
export function withScheduleOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command
    .option('--select-every <epochs>', `epochs between selections, R ${preset('selectEvery')}`, wholeIn({ min: 1 }))
    .option('--warm-start <epochs>', `epochs on all data first ${preset('warmStart')}`, wholeIn({}))
    .option('--max-staleness <epochs>', `epochs to go on with an old set ${preset('maxStaleness')}`, wholeIn({}))
    .option('--reuse-signals', 'attack for scoring only what training did not see in its last epoch');
}

/** Options of the attack that accuracy is measured under. */
export function withEvaluationOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command
    .option('--eval-epsilon <radius>', 'radius in evaluations (default: that of training)', ratioIn({ min: 0, max: 1 }))
    .option(
      '--eval-step-size <size>',
      'step in evaluations (default: radius / 4)',
      ratioIn({ min: 0, max: 1, above: true }),
    )
    .option('--eval-steps <n>', `steps in evaluations ${preset('evalSteps')}`, wholeIn({ max: 1000 }))
    .option('--eval-restarts <n>', `random starts ${preset('evalRestarts')}`, wholeIn({ min: 1, max: 100 }))
    .option('--eval-examples <n>', `test examples of final figures, 0 for all ${preset('evalExamples')}`, wholeIn({}));
}

/** Options of measurements on the way. */
export function withProgressOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command
    .option('--eval-every <epochs>', `epochs between measurements, 0 for none ${preset('evalEvery')}`, wholeIn({}))
    .option(
      '--eval-progress-examples <n>',
      `examples of those, held out if there are any ${preset('evalProgressExamples')}`,
      wholeIn({}),
    );
}

/** All options that decide a run but its scorer and seed. */
export function withRunOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  const selecting = withScheduleOptions(withSelectionOptions(withObjectiveOptions(withTargetOptions(command))));
  return withProgressOptions(withEvaluationOptions(withOptimiserOptions(selecting)));
}
