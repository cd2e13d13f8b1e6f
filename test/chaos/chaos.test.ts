import { expect, test } from 'vitest';
import { specs } from '../system/durability/specs.ts';
import { chaos, freshSeed } from './chaos.ts';
import { faultPlan } from './fault-plan.ts';

// Faults enough to meet each process now and then; the long form has ten times as many.
const FAULTS = 4;

test('runs come to the same models whatever happens to the processes', async () => {
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const options = { seed: freshSeed(), faults: FAULTS, trainingReplicas: 1, specs: [specs.pruned], say };
  const summary = await chaos(options);
  expect(summary.violations, said.join('\n')).toEqual([]);
  expect(summary).toMatchObject({ faults: FAULTS, survived: summary.runs });
  expect(summary.runs).toBeGreaterThan(0);
}, 300_000);

test('a seed gives the same faults again', () => {
  const targets = ['nats', 'scoring', 'training-0'];
  const plan = faultPlan(7n, 200, targets);
  expect(faultPlan(7n, 200, targets)).toEqual(plan);
  expect(faultPlan(8n, 200, targets)).not.toEqual(plan);
  for (const target of targets) {
    for (const kind of ['kill', 'pause']) {
      expect(plan.filter((fault) => fault.target === target && fault.kind === kind).length).toBeGreaterThan(5);
    }
  }
});
