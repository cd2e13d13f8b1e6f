import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/**
 * Compiles a worker's entry, and the sources that it imports, into a folder that is removed after the file's tests;
 * returns the compiled entry. A worker thread reads no TypeScript, and takes seconds to start where it loads a compiler.
 * Call at a test file's top level.
 */
export async function compileWorker(entry: URL): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'winnow-worker-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const compiled = (source: string) => join(folder, relative(ROOT, source)).replace(/\.ts$/, '.js');
  const sources = new Set([fileURLToPath(entry)]);
  // a set that grows while it is walked
  for (const source of sources) {
    const { outputText } = ts.transpileModule(await readFile(source, 'utf8'), { compilerOptions: OPTIONS });
    await mkdir(dirname(compiled(source)), { recursive: true });
    await writeFile(compiled(source), outputText);
    for (const { fileName } of ts.preProcessFile(outputText).importedFiles) {
      if (fileName.startsWith('.')) sources.add(resolve(dirname(source), fileName.replace(/\.js$/, '.ts')));
    }
  }
  return pathToFileURL(compiled(fileURLToPath(entry)));
}
