import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const BLOCK = /<!-- code: (\S+) -->\n```\w+\n([\s\S]*?)\n```/g;
const blocks = [...readFileSync(`${root}README.md`, 'utf8').matchAll(BLOCK)];

/** The part of a file that the README shows. */
function shown(file: string): string | undefined {
  return /# readme:begin\n([\s\S]*?)\n*# readme:end/.exec(readFileSync(`${root}${file}`, 'utf8'))?.[1];
}

test('the README shows code', () => {
  expect(blocks.length).toBeGreaterThanOrEqual(2);
});

test.each(blocks.map(([, file, code]) => [file!, code!]))('the README shows %s as it is', (file, code) => {
  expect(code).toBe(shown(file));
});
