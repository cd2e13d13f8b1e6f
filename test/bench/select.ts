import { Command } from '@commander-js/extra-typings';
import type { CliIo } from '../../clients/cli/cli-io.ts';
import { CEILING_MIB, CLASS_CASES, METHODS, SCALE_SIZES } from './select/cases.ts';
import { measureClass, measureScale } from './select/measure-select.ts';
import { type SelectLine, selectTable } from './select/select-line.ts';
import { someOf } from './step/name-parsers.ts';

/** Stands for no case of a kind. */
const NONE = 'none';
const CLASS_SIZES = [...CLASS_CASES.map(({ n }) => String(n)), NONE];
const SCALES = [...SCALE_SIZES.map(String), NONE];

/** `bench select`: selection beside CORDS', and at ImageNet's size. */
export function selectBench(io: CliIo) {
  return new Command('select')
    .description(`selection beside CORDS' matching pursuit, and of up to 1,280,000 examples within ${CEILING_MIB} MiB`)
    .option('--json', 'one line of JSON per case, as soon as it is measured')
    .option('--method <names>', METHODS.join(', '), someOf(METHODS))
    .option('--class <sizes>', `examples of one class: ${CLASS_SIZES.join(', ')}`, someOf(CLASS_SIZES))
    .option('--scale <sizes>', `examples of many classes: ${SCALES.join(', ')}`, someOf(SCALES))
    .action(async ({ json, method, class: classes, scale }) => {
      const lines: SelectLine[] = [];
      const add = (line: SelectLine) => {
        lines.push(line);
        if (json) io.out(JSON.stringify(line));
        else io.err(`${line.method}, n = ${line.n}: measured`);
      };
      for (const one of METHODS.filter((name) => method?.includes(name) ?? true)) {
        for (const size of CLASS_CASES.filter(({ n }) => classes?.includes(String(n)) ?? true)) {
          add(await measureClass(one, size, io));
        }
        for (const n of SCALE_SIZES.filter((size) => scale?.includes(String(size)) ?? true)) {
          add(await measureScale(one, n, io));
        }
      }
      if (!json) io.out(selectTable(lines));
    });
}
