import { Command } from '@commander-js/extra-typings';
import type { CliIo } from '../../clients/cli/cli-io.ts';
import { plainTable } from '../../clients/cli/output/plain-table.ts';
import {
  ATTACK_STEPS,
  BATCHES,
  MODELS,
  OBJECTIVES,
  PRECISIONS,
  type PrecisionName,
  type StepCase,
} from './step/cases.ts';
import { ourContestant } from './step/contestants.ts';
import { oneOf } from './step/name-parsers.ts';
import { convolutionShare, type ProfileRow, profileRows, type StepProfile } from './step/step-profile.ts';

/** Digits after the point of milliseconds and shares in JSON. */
const MS_DIGITS = 2;
const SHARE_DIGITS = 4;

function rounded({ attackMs, updateMs, share, ...row }: ProfileRow): ProfileRow {
  const ms = (value: number) => Number(value.toFixed(MS_DIGITS));
  return { ...row, attackMs: ms(attackMs), updateMs: ms(updateMs), share: Number(share.toFixed(SHARE_DIGITS)) };
}

/** A profile as a table for people. */
export function profileTable(profile: StepProfile): string {
  const ms = (value: number) => value.toFixed(1);
  const rows = profileRows(profile).map(({ kernel, calls, attackMs, updateMs, share }) => [
    kernel,
    calls === 0 ? '' : String(calls),
    ms(attackMs),
    ms(updateMs),
    `${(100 * share).toFixed(1)} %`,
  ]);
  const whole = ['all', '', ms(profile.attackMs), ms(profile.ms - profile.attackMs), '100.0 %'];
  const share = (100 * convolutionShare(profile)).toFixed(1);
  const table = plainTable(['kernel', 'calls', 'attack, ms', 'update, ms', 'share'], [...rows, whole]);
  return `${table}\nconvolutions and their gradients: ${share} % of the step`;
}

async function measured(one: StepCase, precision: PrecisionName, io: CliIo): Promise<StepProfile> {
  const ours = ourContestant(precision, io);
  try {
    const { versions } = await ours.ask<{ versions: string }>({ do: 'prepare', ...one, precision });
    io.err(versions);
    await ours.step(ATTACK_STEPS);
    return await ours.ask<StepProfile>({ do: 'profile' });
  } finally {
    await ours.end();
  }
}

/** `bench profile`: where the time of one training step goes. */
export function profileBench(io: CliIo) {
  return new Command('profile')
    .description('where the time of one training step goes, by kernel')
    .option('--json', 'one line of JSON per kernel')
    .option('--model <name>', MODELS.join(', '), oneOf(MODELS), 'resnet-18' as const)
    .option('--objective <name>', OBJECTIVES.join(', '), oneOf(OBJECTIVES), 'trades' as const)
    .option('--batch <size>', BATCHES.join(', '), oneOf(BATCHES.map(String)), '64')
    .option('--precision <name>', PRECISIONS.join(', '), oneOf(PRECISIONS), 'f32' as const)
    .action(async ({ json, model, objective, batch, precision }) => {
      const one = { model, objective, batch: Number(batch) };
      const profile = await measured(one, precision, io);
      if (!json) io.out(profileTable(profile));
      else {
        for (const row of profileRows(profile)) {
          io.out(JSON.stringify({ bench: 'profile', ...one, precision, ...rounded(row) }));
        }
      }
    });
}
