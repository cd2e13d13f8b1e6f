import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parsePlan, readPlan } from '../../../../../clients/cli/study/plan.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const SMALLEST = { settings: { dataset: 'mnist' }, objectives: ['trades'], fractions: [0.3] };

test('ratios may be written as such, and what is left out has a default', () => {
  const settings = { dataset: 'cifar10', epsilon: '8/255', stepSize: 0.01 };
  expect(parsePlan({ ...SMALLEST, settings, scorers: ['el2n'] }, 'plan')).toEqual({
    settings: { dataset: 'cifar10', epsilon: 8 / 255, stepSize: 0.01 },
    objectives: ['trades'],
    baselines: [],
    scorers: [{ name: 'el2n', parameters: {} }],
    fractions: [0.3],
    bulletTrain: false,
    seeds: [1],
    sameUpdates: true,
    evaluation: { steps: 50, restarts: 10, examples: 0, last: true },
  });
});

describe('an error names the file and the field', () => {
  test.each([
    ['an unknown field', { ...SMALLEST, scorer: ['el2n'] }, /^p\.json: the plan: .*"scorer"/],
    ['an unknown setting', { ...SMALLEST, settings: { dataset: 'mnist', epoch: 3 } }, /^p\.json: settings: .*"epoch"/],
    ['no data set', { ...SMALLEST, settings: {} }, /settings\.dataset: /],
    ['an unknown objective', { ...SMALLEST, objectives: ['trade'] }, /objectives\.0: .*"trades"/],
    ['no objective', { ...SMALLEST, objectives: [] }, /objectives: /],
    ['a fraction above 1', { ...SMALLEST, fractions: [30] }, /fractions\.0: /],
    ['a fraction that prunes nothing', { ...SMALLEST, fractions: [1] }, /fractions\.0: /],
    ['a seed below 0', { ...SMALLEST, seeds: [-1] }, /seeds\.0: /],
    ['half an epoch', { ...SMALLEST, settings: { dataset: 'mnist', epochs: 0.5 } }, /settings\.epochs: /],
  ])('%s', (_, plan, message) => {
    expect(() => parsePlan(plan, 'p.json')).toThrow(message);
  });

  test('a ratio that is none', () => {
    const settings = { dataset: 'mnist', epsilon: '8:255' };
    expect(() => parsePlan({ ...SMALLEST, settings }, 'p.json')).toThrow(/settings\.epsilon: .*"8\/255"/);
  });

  test('no such file, and no JSON', () => {
    const folder = temporaryFolder();
    expect(() => readPlan(join(folder, 'none.json'))).toThrow(/none\.json can't be read/);
    writeFileSync(join(folder, 'half.json'), '{"settings":');
    expect(() => readPlan(join(folder, 'half.json'))).toThrow(/half\.json is no JSON/);
  });
});
