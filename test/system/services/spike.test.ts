import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { startStack, type Stack } from './stack.ts';
import { tinySpec } from './requests.ts';
let stack: Stack;
beforeAll(async () => { const t=performance.now(); stack = await startStack('scoring','training'); console.log('start', performance.now()-t); });
afterAll(async () => { for (const n of ['scoring','training'] as const) console.log(stack.log(n).map(l=>JSON.stringify(l)).join('\n')); const t=performance.now(); await stack.stop(); console.log('stop', performance.now()-t)});
for (const [name, spec] of Object.entries({ full: tinySpec(), full2: tinySpec(), resnet: tinySpec({model:{architecture:'resnet',depth:8,width:2}}), pruned: tinySpec({selection:{scorer:'adv-grad-match',fraction:0.3,everyEpochs:1}}) })) it(name, async () => {
  const training = await stack.training();
  const t=performance.now();
  const { id } = await training.createRun(spec);
  let last;
  const ev: string[] = [];
  for await (const e of training.watchRun(id)) { last = e; ev.push(`${((performance.now()-t)|0)} ` + (e.case==='run' ? RunState[e.value.state]+' '+e.value.epochsDone+' '+e.value.rounds.length : e.value.phase+' '+e.value.epoch+' '+e.value.done)); }
  console.log(name, performance.now()-t, ev.join('\n'));
  const run = await training.getRun(id);
  console.log(run.cost, run.result, run.history.length, run.failure);
  expect(run.state).toBe(RunState.SUCCEEDED);
});
