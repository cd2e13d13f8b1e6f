import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import dockerIgnore from '@balena/dockerignore';
import { type Copy, DockerfileParser, type Instruction } from 'dockerfile-ast';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A stage of the Dockerfile: its name and instructions in order. */
interface Stage {
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** The project's Dockerfile by stages. */
export function readStages(): Stage[] {
  const file = DockerfileParser.parse(readFileSync(join(root, 'deploy/Dockerfile'), 'utf8'));
  const stages: { name: string; instructions: Instruction[] }[] = [];
  for (const instruction of file.getInstructions()) {
    const from = file
      .getFROMs()
      .find((candidate) => candidate.getRange().start.line === instruction.getRange().start.line);
    if (from) stages.push({ name: from.getBuildStage() ?? '', instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

/** A build's folders on this machine, in the place of the container's. */
export interface Build {
  /** In the place of /app. */
  readonly app: string;
  /** In the place of /opt/winnow. */
  readonly opt: string;
  readonly args: Readonly<Record<string, string>>;
}

/** What the build context holds, by .dockerignore. */
function contextFiles(): string[] {
  const ignore = dockerIgnore.default().add(readFileSync(join(root, '.dockerignore'), 'utf8'));
  // git's files are what a clean checkout has
  const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  return ignore.filter(stdout.split('\n').filter((file) => file && existsSync(join(root, file))));
}

function copy(instruction: Copy, { app }: Build): void {
  const words = instruction.getArguments().map((argument) => argument.getValue());
  const sources = words.slice(0, -1);
  for (const file of contextFiles()) {
    if (!sources.includes('.') && !sources.includes(file)) continue;
    mkdirSync(dirname(join(app, file)), { recursive: true });
    cpSync(join(root, file), join(app, file));
  }
}

function run(command: string, { app, opt, args }: Build): void {
  const here = command.replaceAll('/opt/winnow', opt);
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', here], {
    cwd: app,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...proxySettings(), ...args },
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`RUN ${here}\n${stdout}\n${stderr}`);
}

/** A machine's way to the registries, which a container engine hands in as well. */
function proxySettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([key]) => /^(https?_proxy|no_proxy|npm_config_|pip_|node_extra)/i.test(key)),
  );
}

/**
 * Does what the `build` stage's COPY and RUN say, in folders of this machine. Installing Debian packages is left out: the
 * machine has to have them.
 */
export function buildImageTree(build: Build): void {
  const stage = readStages().find(({ name }) => name === 'build');
  mkdirSync(build.app, { recursive: true });
  for (const instruction of stage?.instructions ?? []) {
    const keyword = instruction.getKeyword();
    const text = instruction.getRawArgumentsContent() ?? '';
    if (keyword === 'COPY') copy(instruction as Copy, build);
    else if (keyword === 'RUN' && !text.startsWith('apt-get')) run(text.replace(/\\\n/g, ''), build);
  }
}

/** The ENV of a stage and of those it builds on. */
export function environmentOf(...names: string[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { name, instructions } of readStages()) {
    if (!names.includes(name)) continue;
    for (const instruction of instructions) {
      if (instruction.getKeyword() !== 'ENV') continue;
      for (const argument of instruction.getArguments()) {
        const [key, ...value] = argument.getValue().split('=');
        environment[key!] = value.join('=');
      }
    }
  }
  return environment;
}

/** A stage's ENTRYPOINT. */
export function entrypointOf(name: string): string[] {
  const stage = readStages().find((candidate) => candidate.name === name);
  const entrypoint = stage?.instructions.find((instruction) => instruction.getKeyword() === 'ENTRYPOINT');
  return JSON.parse(entrypoint?.getRawArgumentsContent() ?? '[]') as string[];
}

/** Deletes a build. */
export function removeBuild({ app, opt }: Build): void {
  for (const folder of [app, opt]) rmSync(folder, { recursive: true, force: true });
}
