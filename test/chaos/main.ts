import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { specs } from '../system/durability/specs.ts';
import { chaos, freshSeed } from './chaos.ts';

// `npm run test:chaos`: kills and pauses processes at random while runs are trained. The seed that is printed gives the
// same faults again.

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '40' },
    seed: { type: 'string' },
    replicas: { type: 'string', default: '2' },
    output: { type: 'string' },
  },
});
const summary = await chaos({
  seed: values.seed === undefined ? freshSeed() : BigInt(values.seed),
  faults: Number(values.faults),
  trainingReplicas: Number(values.replicas),
  specs: Object.values(specs),
  say: (line) => console.error(line),
});
const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
const text = `${JSON.stringify({ bench: 'chaos', ...summary, machine }, null, 2)}\n`;
process.stdout.write(text);
if (values.output !== undefined) {
  mkdirSync(dirname(values.output), { recursive: true });
  writeFileSync(values.output, text);
}
process.exitCode = summary.violations.length > 0 ? 1 : 0;
