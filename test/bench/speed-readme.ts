import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import type { CliIo } from '../../clients/cli/cli-io.ts';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';
import type { OverheadLine, PublishLine } from './pipeline/pipeline-line.ts';
import type { SelectLine } from './select/select-line.ts';
import type { StepLine } from './step/step-line.ts';

const [BEGIN, END] = ['<!-- speed:begin -->', '<!-- speed:end -->'];
const README = join(projectPaths().root, 'README.md');
const RESULTS = join(projectPaths().root, 'test/bench/results');

/** The lines of a committed result; none where it was not measured yet. */
function linesOf<T>(name: string): T[] {
  const file = join(RESULTS, `${name}.jsonl`);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

const PEERS = [
  { precision: 'f32', peer: 'pytorch-plain', title: 'f32 against PyTorch' },
  { precision: 'f32', peer: 'pytorch-channels-last', title: '… channels-last' },
  { precision: 'f32', peer: 'pytorch-compile', title: '… compiled' },
  { precision: 'bf16', peer: 'pytorch-plain', title: 'bf16 against PyTorch f32' },
  { precision: 'bf16', peer: 'pytorch-bf16', title: '… bf16 autocast' },
] as const;

/** One row for each step, one column for each pair. */
function stepTable(lines: readonly StepLine[]): string {
  const cases = [...new Set(lines.map(({ model, objective, batch }) => `${model}, ${objective}, ${batch}`))];
  const rows = cases.map((name) => {
    const own = lines.filter(({ model, objective, batch }) => `${model}, ${objective}, ${batch}` === name);
    const f32 = own.find(({ precision }) => precision === 'f32');
    const ratios = PEERS.map(({ precision, peer }) => {
      const line = own.find((candidate) => candidate.precision === precision && candidate.peer === peer);
      return line ? `${line.ratio.toFixed(2)}x` : '–';
    });
    return [
      name,
      f32 ? `${f32.oursMs.toFixed(0)} ms` : '–',
      ...ratios,
      f32 ? `${(100 * f32.convShare).toFixed(0)} %` : '–',
    ];
  });
  return table(['step', 'ours, f32', ...PEERS.map(({ title }) => title), 'in convolutions'], rows);
}

function selectTable(lines: readonly SelectLine[]): string {
  const rows = lines.map((line) => [
    `${line.method}, n = ${line.n.toLocaleString('en')}, k = ${line.k.toLocaleString('en')}`,
    `${line.oursSeconds.toFixed(2)} s`,
    line.peerSeconds === null ? '–' : `${line.peerSeconds.toFixed(1)} s`,
    line.ratio === null ? '–' : `${line.ratio.toFixed(1)}x`,
    line.residualRatio === null ? '–' : line.residualRatio.toFixed(3),
    `${line.peakMiB.toFixed(0)} MiB`,
    `${line.usPerExample.toFixed(0)} µs`,
  ]);
  return table(['selection', 'ours', 'CORDS', 'ratio', 'residual, ours / theirs', 'peak', 'per example'], rows);
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function pipelineSentences(lines: readonly (PublishLine | OverheadLine)[]): string[] {
  return lines.map((line) =>
    line.what === 'publish'
      ? `An index set of ${line.kept.toLocaleString('en')} of ${line.examples.toLocaleString('en')} examples is at the trainer ` +
        `${line.p50Ms.toFixed(0)} ms (p99 ${line.p99Ms.toFixed(0)} ms) after its publication, at ${line.bytesPerKept.toFixed(2)} bytes for each kept example.`
      : `A run of ${line.examples.toLocaleString('en')} examples and ${line.epochs} epochs with a selection every ${line.everyEpochs} ` +
        `spends ${percent(line.outsideShare)} of its time outside attack, update and scoring, and ${percent(line.outsideWithScoringShare)} with scoring ` +
        `(${line.scoringOverlaps ? 'beside' : 'between'} the epochs, on the same ${line.device === 'gpu' ? 'GPU' : 'CPU'}).`,
  );
}

/** The README's block of speeds, from the committed results. */
export function speedBlock(): string {
  const parts = [
    stepTable(linesOf<StepLine>('step')),
    selectTable(linesOf<SelectLine>('select')),
    pipelineSentences(linesOf<PublishLine | OverheadLine>('pipeline')).join('\n'),
  ];
  return [BEGIN, '', parts.join('\n\n'), '', END].join('\n');
}

/** The block as it stands in the README. */
export function speedInReadme(): string {
  const text = readFileSync(README, 'utf8');
  return text.slice(text.indexOf(BEGIN), text.indexOf(END) + END.length);
}

/** `bench speed`: the README's speeds from the committed lines of step, select and pipeline. */
export function speedBench(io: CliIo): Command {
  return new Command('speed')
    .description('the README’s tables of speeds, from the committed results of step, select and pipeline')
    .option('--readme', 'put them into the README')
    .action(({ readme }) => {
      if (readme) writeFileSync(README, readFileSync(README, 'utf8').replace(speedInReadme(), speedBlock));
      else io.out(speedBlock());
    }) as unknown as Command;
}
