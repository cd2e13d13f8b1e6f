import type { z } from 'zod';
import { describeConfig } from './config.ts';

/** Prints a service's settings and ends the process, where --help is among its arguments. */
export function printHelp(service: string, purpose: string, schema: z.ZodObject, args = process.argv.slice(2)): void {
  if (!args.includes('--help') && !args.includes('-h')) return;
  process.stdout.write(
    `winnow ${service} service. ${purpose}\n\nSettings, from the environment:\n${describeConfig(schema)}\n`,
  );
  process.exit(0);
}
