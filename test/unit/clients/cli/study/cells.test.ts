import { expect, test } from 'vitest';
import { plannedCells } from '../../../../../clients/cli/study/cells.ts';
import { parsePlan } from '../../../../../clients/cli/study/plan.ts';
import { AttackPolicyKind } from '../../../../../proto/gen/winnow/v1/attack_policy_pb.ts';
import { ObjectiveKind } from '../../../../../proto/gen/winnow/v1/objective_pb.ts';

function cellsOf(plan: object) {
  const settings = { dataset: 'cifar10', epochs: 10, validationExamples: 50 };
  return plannedCells(parsePlan({ settings, objectives: ['trades'], fractions: [0.3], ...plan }, 'plan'));
}

const names = (plan: object) => cellsOf(plan).map(({ name, seed }) => `${name} ${seed}`);

test('the controls stand beside the scorers, in every seed before the next', () => {
  expect(names({ scorers: ['adv-glister'], bulletTrain: true, seeds: [1, 7] })).toEqual(
    [1, 7].flatMap((seed) => [
      `cifar10/trades/full ${seed}`,
      `cifar10/trades/full/bullet ${seed}`,
      `cifar10/trades/full/short-0.3 ${seed}`,
      `cifar10/trades/random/0.3 ${seed}`,
      `cifar10/trades/random/0.3/bullet ${seed}`,
      `cifar10/trades/adv-glister/0.3 ${seed}`,
      `cifar10/trades/adv-glister/0.3/bullet ${seed}`,
    ]),
  );
});

test('objectives come one after the other, fractions within them', () => {
  expect(names({ objectives: ['mart', 'at'], fractions: [0.3, 0.5], sameUpdates: false })).toEqual([
    'cifar10/mart/full 1',
    'cifar10/mart/random/0.3 1',
    'cifar10/mart/random/0.5 1',
    'cifar10/at/full 1',
    'cifar10/at/random/0.3 1',
    'cifar10/at/random/0.5 1',
  ]);
});

test('random is a control once, also where it is asked for', () => {
  expect(names({ scorers: ['random'], sameUpdates: false })).toEqual([
    'cifar10/trades/full 1',
    'cifar10/trades/random/0.3 1',
  ]);
});

test('a row says what its run asks for', () => {
  const cells = cellsOf({ scorers: [{ name: 'adv-glister', parameters: { eta: 3 } }], bulletTrain: true, seeds: [4] });
  const spec = (name: string) => cells.find((cell) => cell.name === `cifar10/trades/${name}`)!.spec;
  expect(spec('full')).toMatchObject({ epochs: 10, seed: 4n, dataset: { validationExamples: 50 } });
  expect(spec('full').selection).toBeUndefined();
  expect(spec('full/short-0.3')).toMatchObject({ epochs: 3 });
  expect(spec('full/bullet').attackPolicy).toMatchObject({ kind: AttackPolicyKind.BULLET_TRAIN });
  expect(spec('adv-glister/0.3')).toMatchObject({
    epochs: 10,
    attackPolicy: { kind: AttackPolicyKind.FIXED },
    selection: { scorer: 'adv-glister', fraction: 0.3, parameters: { eta: 3 } },
  });
});

test('a baseline is trained on full data, after all else; fast-at is AT with one long step', () => {
  const cells = cellsOf({ baselines: ['fast-at'] });
  expect(cells.filter(({ name }) => name.includes('fast-at'))).toHaveLength(1);
  expect(cells.at(-1)).toMatchObject({
    name: 'cifar10/fast-at/full',
    spec: { objective: { kind: ObjectiveKind.AT, attack: { steps: 1, epsilon: 8 / 255, stepSize: 10 / 255 } } },
  });
});
