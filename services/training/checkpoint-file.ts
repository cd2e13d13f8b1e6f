import { enumFromJson, enumToJson, isEnumJson } from '@bufbuild/protobuf';
import { z } from 'zod';
import { type AttackPolicyKind, AttackPolicyKindSchema } from '../../proto/gen/winnow/v1/attack_policy_pb.ts';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../app-error.ts';
import { encodeSafetensors } from '../numerics/models/safetensors.ts';
import { diverged } from './diverged.ts';
import type { Trainer } from './trainer.ts';

/** The key of the attack policy in a checkpoint's metadata: {"kind": its name in the contract, "state": its figures}. */
const ATTACK_POLICY = 'attack_policy';

const storedPolicy = z.object({ kind: z.string(), state: z.record(z.string(), z.number()) });

/** What a checkpoint says of the attack policy it was trained with. */
export interface AttackPolicyState {
  readonly kind: AttackPolicyKind;
  /** AttackPolicy.state() when the file was written. */
  readonly state: Readonly<Record<string, number>>;
}

/**
 * A trainer's model as a safetensors file. Its metadata tell architecture, data set and classes, and what the attack
 * policy remembers. DIVERGED where a weight is not finite.
 */
export function checkpointFile({ spec, model, dataset, policy }: Trainer): Uint8Array {
  const snapshot = model.weights.snapshot();
  for (const [name, { data }] of snapshot) {
    // the loss is taken before its update, so the last update of an epoch shows here first
    if (!data.every(Number.isFinite)) throw diverged(`${name} has values that are not finite`);
  }
  const kind = enumToJson(AttackPolicyKindSchema, spec.attackPolicy!.kind);
  return encodeSafetensors(snapshot, {
    format: 'pt',
    architecture: spec.model!.architecture,
    dataset: dataset.name,
    classes: dataset.classNames.join(','),
    [ATTACK_POLICY]: JSON.stringify({ kind, state: policy.state() }),
  });
}

/** The attack policy in a checkpoint's metadata; undefined where there is none. CORRUPT_CHECKPOINT where it can't be read. */
export function attackPolicyState(metadata: Readonly<Record<string, string>>): AttackPolicyState | undefined {
  const text = metadata[ATTACK_POLICY];
  if (text === undefined) return undefined;
  const { kind, state } = parsePolicy(text);
  if (!isEnumJson(AttackPolicyKindSchema, kind)) throw corrupt(`${JSON.stringify(kind)} is no attack policy`);
  return { kind: enumFromJson(AttackPolicyKindSchema, kind), state };
}

function parsePolicy(text: string): z.infer<typeof storedPolicy> {
  try {
    return storedPolicy.parse(JSON.parse(text));
  } catch (error) {
    throw corrupt(`it is not {"kind", "state"} in JSON (${error instanceof Error ? error.name : 'unreadable'})`);
  }
}

function corrupt(what: string): AppError {
  return new AppError(ErrorReason.CORRUPT_CHECKPOINT, `the checkpoint's ${ATTACK_POLICY} can't be read: ${what}`);
}
