import { type DescMessage, type MessageShape, toJson } from '@bufbuild/protobuf';
import { AutoAttackSpecSchema } from '../../proto/gen/winnow/v1/autoattack_pb.ts';
import { ModelSpecSchema } from '../../proto/gen/winnow/v1/model_pb.ts';
import { AttackSpecSchema } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { ImageShape, Split } from '../dataset/dataset.ts';
import { fingerprintOf } from '../dataset/fingerprint.ts';
import { sha256Hex } from '../platform/sha256.ts';
import type { EvaluateRequest } from './run-messages.ts';

/** To be raised when attacks, checks or records change, so that nothing found by others is gone on from. */
const VERSION = 1;

const jsonOf = <D extends DescMessage>(schema: D, message: MessageShape<D> | undefined) =>
  message ? toJson(schema, message) : null;

/**
 * What an evaluation is kept under: SHA-256 (hex) over all that decides its result. The examples count by their pixels
 * and labels, not by the data set's name, as files may be replaced.
 */
export function evaluationKey(
  { checkpoint, model, attack, autoAttack, seed }: EvaluateRequest,
  examples: Split,
  { classes, ...shape }: ImageShape & { readonly classes: number },
): string {
  const parts = [
    VERSION,
    sha256Hex(checkpoint),
    jsonOf(ModelSpecSchema, model),
    fingerprintOf(examples, shape),
    classes,
    jsonOf(AttackSpecSchema, attack),
    jsonOf(AutoAttackSpecSchema, autoAttack),
    String(seed),
  ];
  return sha256Hex(Buffer.from(JSON.stringify(parts)));
}
